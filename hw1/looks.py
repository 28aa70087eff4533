"""Okabe and Ito's palette: one colour a model, two more for train and test, in every figure of the report."""

from jobs import Line

DEEP = Line(color="#0072B2", marker="o")
MEDIUM = Line(color="#E69F00", dashes="--", marker="s")
SHALLOW = Line(color="#009E73", dashes="-.", marker="^")
LENET = Line(color="#D55E00", marker="o")
CNN = Line(color="#56B4E9", dashes="--", marker="s")
TRAIN = Line(color="#000000", marker="o")
TEST = Line(color="#CC79A7", dashes="--", marker="s")
MODELS = {"deep": DEEP, "medium": MEDIUM, "shallow": SHALLOW, "lenet": LENET, "cnn": CNN}
SPLITS = {"train": TRAIN, "test": TEST}
