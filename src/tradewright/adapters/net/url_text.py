"""URLs in what is told: without their queries, in which keys, times and signatures stand."""

from __future__ import annotations

import re

_QUERY = re.compile(r"\?[^\s?=\"'<>]+=[^\s\"'<>]*")


def without_queries(text: str) -> str:
    """A text about a request, such as a library's error, as it may be journaled and shown."""
    return _QUERY.sub("", text)
