"""Writes docs/venues/limits.md from the tables by which the clients of venues take or refuse orders."""

from __future__ import annotations

from pathlib import Path

from tradewright.adapters.venue.alpaca.supported import PAIRS, SHARES
from tradewright.adapters.venue.binance.supported import SUPPORTED as BINANCE
from tradewright.adapters.venue.ccxt.supported import SUPPORTED as CCXT
from tradewright.adapters.venue.mt5.supported import HEDGING_EXITS, OPENINGS
from tradewright.model.order_table import OrderTable
from tradewright.sim.paper_account import ORDERS as PAPER

PAGE = Path(__file__).parent.parent / "docs" / "venues" / "limits.md"
TABLES: dict[str, OrderTable] = {
    "Paper (auctions where the market has sessions)": PAPER,
    "Alpaca, shares": SHARES,
    "Alpaca, pairs of crypto": PAIRS,
    "Binance Spot": BINANCE,
    "Other exchanges, by ccxt (an exchange may have fewer)": CCXT,
    "MetaTrader 5: openings, and all orders of an account that nets": OPENINGS,
    "MetaTrader 5: orders that close a position of a hedging account": HEDGING_EXITS,
}
ABOUT = (
    "Each client refuses, with a code and before anything leaves, what its venue would not work exactly as it is "
    "meant. A cell says whether an order of that type and time in force is taken, and which flags it may carry; “–” is "
    "refused. Extended hours ask for nothing where a market never closes. This page is written by "
    "`scripts/venues_page.py` from the tables the clients use; one suite of tests places, fills, changes and cancels "
    "what they say is taken, and shows that nothing else reaches the wire."
)


def page() -> str:
    """The whole page as Markdown."""
    lines = ["# What each venue takes", "", ABOUT]
    for name, table in TABLES.items():
        lines += ["", f"## {name}", "", table.text()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
