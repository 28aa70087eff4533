"""The functions of one variable that 1-1-1, 1-2-2 and 1-2-3 fit, and the points they are fitted on."""

import numpy as np
from jaxtyping import Float

from hw1.specs import Function

N_POINTS = 300


def grid() -> Float[np.ndarray, " point"]:
    """X = −1.5, −1.49, …, 1.49: 300 points, each the double nearest to its decimal (0 is exact).

    >>> grid()[[0, 150, 299]].tolist()
    [-1.5, 0.0, 1.49]
    """
    return (np.arange(N_POINTS) - 150) / 100


def evaluate(function: Function, x: Float[np.ndarray, " point"]) -> Float[np.ndarray, " point"]:
    """One of the study's functions at x.

    `sinc` is sin(5πx)/(5πx), 1 at 0; `sign_sinc` its sign, the report's f2. `square_wave` is the notebooks' f2: sgn
    sin(5πx) that is never 0, but at each zero what it is just right of it (as `scipy.signal.square`); they had it so
    because steps of 0.01 add up to a little more than the decimals meant. The sine is taken of 5x reduced exactly by
    whole periods, so that its zeros at multiples of 0.2 are exact zeros.

    >>> evaluate("sinc", np.array([0.0, 0.2])).tolist()
    [1.0, 0.0]
    >>> evaluate("square_wave", np.array([-0.1, 0.0, 0.1, 0.2, 0.3])).tolist()
    [-1.0, 1.0, 1.0, -1.0, -1.0]
    """
    half_turns = np.round(5 * x, 9)  # 5·0.58 is 2.9 less a rounding: keep the decimal that was meant
    sine = _sin_pi(half_turns)
    sinc = np.divide(sine, 5 * np.pi * x, out=np.ones_like(x), where=x != 0)
    square_wave = np.where(np.floor(half_turns) % 2 == 0, 1.0, -1.0)
    values = {"sinc": sinc, "sign_sinc": np.sign(sinc), "square_wave": square_wave}[function]
    return np.asarray(values + 0.0)  # no negative zeros


def _sin_pi(half_turns: Float[np.ndarray, " point"]) -> Float[np.ndarray, " point"]:
    whole = np.round(half_turns)
    sign = np.where(whole % 2 == 0, 1.0, -1.0)
    return np.asarray(sign * np.sin(np.pi * (half_turns - whole)))
