"""Drawings in svg, as short as they can be without a change that one could see."""

import re
from collections import Counter
from urllib.parse import quote

_UNSEEN = re.compile(r"<metadata>.*?</metadata>|<!DOCTYPE.*?>|<!--.*?-->", re.DOTALL)
_INDENT = re.compile(r"\s*\n\s*")
_PATHS = re.compile(r'(?<= d=")[^"]*')
_PLACES = re.compile(r'(?<= [xy]=")[^"]*|(?<= transform=")[^"]*')
_FURTHER_DIGITS = re.compile(r"(?<=\.\d)\d+")
_FURTHER_DIGITS_OF_SCALES = re.compile(r"(?<=\.\d\d\d\d)\d+")
_AROUND_LETTERS = re.compile(r"\s*([A-Za-z])\s*")
_IDS = re.compile(r' id="([^"]*)"')
_USES = re.compile(r'(?<= xlink:href="#)[^"]*|(?<=url\(#)[^)]*')
_GROUP = re.compile(r"<(/?)g(?: [^>]*)?>\n")
_STYLES = re.compile(r' style="([^"]*)"')
_MANY = 8
_UNQUOTED = " <>!$'()*+,/:;=?@[]^`{|}~\n"


def shortened(svg: str) -> str:
    """The same drawing to a tenth of a point, without matplotlib's indentation; what repeats is written once."""
    svg = _INDENT.sub("\n", _UNSEEN.sub("", svg))
    svg = _PLACES.sub(_rounded, _PATHS.sub(lambda path: _AROUND_LETTERS.sub(r"\1", _rounded(path)), svg))
    svg = _named(svg)
    svg = _GROUP.sub(_Bare(), svg)
    often = [style for style, n in Counter(_STYLES.findall(svg)).most_common() if n >= _MANY]
    for number, style in enumerate(often):
        svg = svg.replace(f' style="{style}"', f' class="c{number}"')
    rules = "".join(f".c{number}{{{style}}}" for number, style in enumerate(often))
    return svg.replace("</style>", f"{rules}</style>", 1)


class _Bare:
    """Leaves out groups that say nothing of what is in them."""

    def __init__(self) -> None:
        self._is_bare: list[bool] = []

    def __call__(self, tag: re.Match[str]) -> str:
        """The tag, if it stays; opening and closing ones come in turn."""
        if not tag[1]:
            self._is_bare.append(tag[0] == "<g>\n")
            return "" if self._is_bare[-1] else tag[0]
        return "" if self._is_bare.pop() else tag[0]


def _named(svg: str) -> str:
    """Short names for what is referred to, none for what is not."""
    short = {name: f"{number:x}" for number, name in enumerate(dict.fromkeys(_USES.findall(svg)))}
    svg = _IDS.sub(lambda found: f' id="{short[found[1]]}"' if found[1] in short else "", svg)
    return _USES.sub(lambda found: short[found[0]], svg)


def address(svg: str) -> str:
    """The drawing as the address of an image, for browsers: a fifth shorter than in base64."""
    return "data:image/svg+xml," + quote(svg.replace('"', "'").replace(" xlink:href=", " href="), safe=_UNQUOTED)


def _rounded(attribute: re.Match[str]) -> str:
    digits = _FURTHER_DIGITS_OF_SCALES if "scale" in attribute[0] else _FURTHER_DIGITS
    return digits.sub("", attribute[0])
