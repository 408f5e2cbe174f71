"""MetaTrader 5: a broker's trade server, a terminal with the package's functions, and the MT5 Connector v1 over it."""
