"""Core and strategies joined: the only way anything is decided, and the only way it is rebuilt."""

from tradewright.trader.trader import NOTHING, Outcome, Trader

__all__ = ["NOTHING", "Outcome", "Trader"]
