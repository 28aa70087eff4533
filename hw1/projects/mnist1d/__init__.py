"""MNIST-1D: the accuracies that its paper gives four networks, trained again from thirty seeds."""
