"""Statistics of an equity curve and its trades: pure functions on float arrays; nothing here comes back into a book.

`summary(...)` gives everything as one `Statistics`. Where peers differ, the difference is a named `Convention`.
"""

from tradewright.performance.convention import CONVENTIONS, Convention
from tradewright.performance.summary import Statistics, summary
from tradewright.performance.trades import ClosedTrade

__all__ = ["CONVENTIONS", "ClosedTrade", "Convention", "Statistics", "summary"]
