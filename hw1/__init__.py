"""The science: specs, functions, data, models, stacked training, gradient norm, Hessian, paths between minima."""
