"""Text from elsewhere."""

from hypothesis import example, given
from hypothesis import strategies as st

from results.plain import plain

foreign = st.text(st.characters(codec=None))  # any character at all, lone surrogates too


@example(text="\x1b]0;title\x07 \x9b2J \x85 \u202e \u2066 \u200b \ufeff \r \x00 \udcff \u2028 \U000e0041")
@given(text=foreign)
def test_nothing_is_left_that_a_terminal_obeys_and_it_is_one_line(text: str) -> None:
    assert plain(text).isprintable()


@given(text=foreign)
def test_lines_are_kept_where_they_are_asked_for(text: str) -> None:
    kept = plain(text, lines=True)
    assert kept.count("\n") == text.count("\n")
    assert kept.replace("\n", "").replace("\t", "").isprintable()


@given(text=st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_words_of_any_language_stay_as_they_are(text: str) -> None:
    assert plain(text) == text
