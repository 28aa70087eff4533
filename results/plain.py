"""Text for a terminal: numbers with their nouns, and what comes from elsewhere made safe."""


def plain(text: str, *, lines: bool = False) -> str:
    r"""Text without anything that a terminal obeys: escapes are spelled out, every kind of space is one space.

    For whatever others wrote: Slurm's words, tracebacks, names of nodes, descriptions. Tables and messages of rich
    need ``markup=False`` or ``rich.text.Text`` besides, since ``[…]`` is text here.

    Args:
        text: Anything, also with bytes that were no UTF-8.
        lines: Keep line ends and tabs; otherwise the result is one line.

    >>> plain("node\x1b[2J1\u202e\nis gone"), plain("a\nb", lines=True)
    ('node\\x1b[2J1\\u202e is gone', 'a\nb')
    """
    if text.isprintable():
        return text
    return "".join(_shown(character, lines=lines) for character in text)


def amount(n: int, noun: str) -> str:
    """A number and its noun, which takes an s unless there is one.

    >>> amount(1, "run"), amount(0, "task"), amount(1000, "run")
    ('1 run', '0 tasks', '1000 runs')
    """
    return f"{n} {noun}{'s' * (n != 1)}"


def _shown(character: str, *, lines: bool) -> str:
    if character.isprintable() or (lines and character in "\n\t"):
        return character
    return " " if character.isspace() else character.encode("unicode_escape").decode()
