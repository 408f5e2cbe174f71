"""Answers that can not be read: they are counted, and what they would have said is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tradewright.model.errors import AnswerLost, InputError

#: Counted as.
UNREADABLE = "unreadable"


@contextmanager
def reading(errors: Counter[str]) -> Iterator[None]:
    """What can not be read inside of it is counted, and raises AnswerLost instead of InputError."""
    try:
        yield
    except InputError as error:
        errors[UNREADABLE] += 1
        raise AnswerLost(f"{error}") from error
