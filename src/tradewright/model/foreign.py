"""Orders that the engine did not make: a person at the venue's own screen, another program.

They belong to the strategy `external`. Their id here is a function of the venue's facts alone, so that every start and
every channel gives an order the same one.
"""

from __future__ import annotations

from hashlib import sha256

#: The strategy that holds what nobody here ordered.
EXTERNAL = "external"
_DIGITS = 20


def foreign_id(account_code: str, venue_id: str) -> str:
    """The id here of an order that the venue calls `venue_id`: at most 31 of [A-Za-z0-9-], and never one of ours."""
    return f"{account_code}-X-{sha256(venue_id.encode()).hexdigest()[:_DIGITS]}"
