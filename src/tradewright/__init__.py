"""tradewright: one deterministic core that decides, executes and accounts for trades, and explains every one."""

__version__ = "0.1.0"
