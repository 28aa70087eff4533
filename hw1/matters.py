"""The smallest differences of measures on images that matter to a claim, and why."""

import math

POINT = 0.001
"""Smallest difference of accuracies that matters."""
OF_A_POINT = "0.1 points are the standard error of an accuracy of 99% on 10,000 images"
HUNDREDTH_OF_A_GUESS = 0.01 * math.log(10)
"""Smallest difference of cross-entropies that matters."""
OF_A_GUESS = "1% of ln 10, the loss of giving ten classes equal odds"
