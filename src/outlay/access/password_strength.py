"""How easily a password is guessed, by zxcvbn: it knows common passwords, names, dates, patterns, and its owner.

Rules such as "one digit, one sign" are met by `Password1!`; what counts is how many guesses a password takes.
"""

from collections.abc import Sequence
from typing import Final

_STRONG_ENOUGH: Final = 3  # of 4: more than 10^8 guesses
_LONGEST_JUDGED: Final = 72  # judging takes time with the square of the length; so long a start decides
_ADVICE: Final = "take a few words that don't belong together"


def weakness_of(password: str, about: Sequence[str] = ()) -> str | None:
    """Return why the password is too easy to guess, None when it is not. `about` is what others know of its owner."""
    # 16 MB of word lists that a server nobody sets a password on never needs.
    from zxcvbn import zxcvbn  # type: ignore[import-untyped] # noqa: PLC0415 - it has none

    known = [word for text in about for word in (text, *_words(text)) if word]
    judged = zxcvbn(password[:_LONGEST_JUDGED], user_inputs=known)
    if judged["score"] >= _STRONG_ENOUGH:
        return None
    warning = str(judged["feedback"]["warning"]).rstrip(".")
    return f"{warning[:1].lower()}{warning[1:]}; {_ADVICE}" if warning else _ADVICE


def _words(text: str) -> list[str]:
    for mark in "@.-_+":
        text = text.replace(mark, " ")
    return text.split()
