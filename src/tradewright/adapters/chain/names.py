"""The client ids of an order's legs: its own id for the first, `id_1`, `id_2` … where a changed order was placed anew.

Ids of the engine carry no underscore, so each name leads back to its order. The venue's name of an order, as the engine
keeps it, is its id there and, behind an underscore, the number of its leg.
"""

from __future__ import annotations

import re

LEGS_MAX = 9999
_NAME = re.compile(r"([A-Za-z0-9-]{1,31})(?:_([1-9][0-9]{0,3}))?")
_NUMBERED = re.compile(r"(.+)_(0|[1-9][0-9]{0,3})", re.DOTALL)


def leg_name(order_id: str, leg: int) -> str:
    """The client id of an order's leg."""
    return f"{order_id}_{leg}" if leg else order_id


def leg_of(client_id: str) -> tuple[str, int]:
    """The order and the leg that a client id names; ("", 0) for one that is not of our making."""
    found = _NAME.fullmatch(client_id)
    return (found[1], int(found[2] or 0)) if found else ("", 0)


def venue_name(venue_id: str, leg: int) -> str:
    """What the engine keeps as the venue's name of an order. An id that looks numbered itself is numbered always."""
    return f"{venue_id}_{leg}" if leg or _NUMBERED.fullmatch(venue_id) else venue_id


def read_venue_name(text: str) -> tuple[str, int]:
    """Id and leg of a venue's name; ("", 0) where there is none yet."""
    found = _NUMBERED.fullmatch(text)
    return (found[1], int(found[2])) if found else (text, 0)
