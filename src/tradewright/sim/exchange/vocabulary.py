"""The exchange's own small vocabularies: an order's status, the moments of an event, the sources of a price.

They stand in a module of their own, plain Python, so that the compiled ones take them in as C integers.
"""

from __future__ import annotations

#: What became of an order; all but WORKING are final.
WORKING, COMPLETE, WITHDRAWN, LAPSED, REFUSED = range(1, 6)
STATUS = {WORKING: "working", COMPLETE: "filled", WITHDRAWN: "cancelled", LAPSED: "expired", REFUSED: "rejected"}

#: The moments of a bar's path (`path`); TICK: a single jump, any other event; STANDING: no event, prices stand.
OPEN, FIRST_EXTREME, SECOND_EXTREME, TO_CLOSE, CLOSE, TICK, STANDING = range(7)

#: The data that moves an instrument's prices; finer is higher.
NO_DATA, FROM_BARS, FROM_QUOTE_BARS, FROM_TRADES, FROM_QUOTES, FROM_DEPTH = range(6)

#: No end: later than any time, ns.
FOREVER = 2**63 - 1
#: Above every price count: a trailing stop that has seen no price yet.
NO_MARK = 2**62
#: Further than the end of a move, which is 1.
OUT_OF_REACH = 2.0
