"""The printed page: where on paper the painted pictures and captions are."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pypdfium2
from jaxtyping import Int

T = TypeVar("T", int, np.ndarray)

_TOLERANCE = 0.03
_SCALE = 0.5


class Place(NamedTuple):
    """Where a colour is: the page's number, and the box around it in pixels."""

    page: int
    left: int
    top: int
    right: int
    bottom: int

    @property
    def shape(self) -> float:
        """Width to height."""
        return (self.right - self.left) / (self.bottom - self.top)


Pages = list[Int[np.ndarray, "row column"]]
"""Every pixel as one number, as `_number` has it."""


def pages(pdf: bytes) -> Pages:
    """The sheets as pixels, two points wide and high."""
    with pypdfium2.PdfDocument(pdf) as document:
        rendered = [page.render(scale=_SCALE).to_numpy().astype(np.int32) for page in document]
    return [_number(page[..., 2], page[..., 1], page[..., 0]) for page in rendered]


def cut(painted: Sequence[dict[str, Any]], printed: Pages) -> list[str]:
    """What is wrong with figures on paper: not on one page, cut at a side, or away from their captions.

    Args:
        painted: Names and shapes (width to height) of the pictures, as `paint` of `checks.js` gave them colours.
        printed: The sheets.
    """
    return [wrong for i, figure in enumerate(painted) for wrong in _cut(i, figure, printed)]


def _cut(i: int, figure: dict[str, Any], printed: Pages) -> Iterator[str]:
    pictures, captions = _places(_number(4 * i, 255, 0), printed), _places(_number(4 * i, 0, 255), printed)
    if len(pictures) != 1:
        yield f"{figure['name']} is on pages {[place.page for place in pictures]}"
    elif abs(pictures[0].shape / figure["shape"] - 1) > _TOLERANCE:
        yield f"{figure['name']} is {pictures[0].shape:.2f} times as wide as high, not {figure['shape']:.2f} times"
    if [place.page for place in captions] != [place.page for place in pictures[:1]]:
        yield f"{figure['name']} has its caption on pages {[place.page for place in captions]}"


def _places(colour: int, printed: Pages) -> list[Place]:
    found = []
    for number, page in enumerate(printed, start=1):
        rows, columns = np.nonzero(page == colour)
        if len(rows):
            found.append(Place(number, columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
    return found


def _number(red: T, green: T, blue: T) -> T:
    return (red << 16) | (green << 8) | blue
