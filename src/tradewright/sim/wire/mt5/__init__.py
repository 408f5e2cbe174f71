"""MetaTrader 5: a broker's trade server, a terminal with the package's functions, and the MT5 Connector v1 over it.

`broker` keeps orders, positions, deals and money over the exchange's matching; `desk` and `checks` take requests or
refuse them; `session`, `market_watch` and `terminal` are what `import MetaTrader5` would give; `site` is the connector.
What the documents leave open is decided here:

A pending order is answered PLACED (10008). A fill-or-kill that finds too little is REJECT (10006). A closed market
refuses changes and removals too. Margin is bound per position, hedged or not, at its opening price; a pending order
binds none and ends as rejected when its price comes and there is no money for it. Stop-out closes the worst position
first. A TP is filled at its price, an SL at the market. Of an hour the wall clock shows twice the earlier is not told
from the later. Swaps are points a night, those of Wednesday threefold. FIFO and freeze bind closes, not stop-outs.
"""

from __future__ import annotations

from tradewright.sim.wire.mt5.knobs import Knobs, SymbolTerms
from tradewright.sim.wire.mt5.site import Mt5Site

#: The site that `simulate mt5` serves.
SITE = Mt5Site

__all__ = ["SITE", "Knobs", "Mt5Site", "SymbolTerms"]
