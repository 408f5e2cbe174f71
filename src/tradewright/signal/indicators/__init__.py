"""Indicators: fed bar by bar, each a Line that strategies compare, the same to the bit in both builds."""

from tradewright.signal.indicators.average import EMA, SMA, WMA
from tradewright.signal.indicators.channel import Bollinger, Donchian, Keltner
from tradewright.signal.indicators.indicator import Indicator, Series
from tradewright.signal.indicators.line import Line, crossed_above, crossed_below
from tradewright.signal.indicators.oscillator import MACD, Stochastic
from tradewright.signal.indicators.statistic import RollingCorrelation, RollingDeviation, RollingRegression, ZScore
from tradewright.signal.indicators.volume import OBV, VWAP, RollingVWAP
from tradewright.signal.indicators.wilder import ADX, ATR, RSI

#: Every indicator there is; what is said of "each indicator" in the tests is said of these.
INDICATORS: tuple[type[Indicator], ...] = (
    SMA, EMA, WMA, RSI, ATR, ADX, MACD, Stochastic, Bollinger, Keltner, Donchian, VWAP, RollingVWAP, OBV,
    RollingDeviation, ZScore, RollingCorrelation, RollingRegression,
)  # fmt: skip

__all__ = [
    "Line", "crossed_above", "crossed_below", "Indicator", "Series", "INDICATORS",
    "SMA", "EMA", "WMA", "RSI", "ATR", "ADX", "MACD", "Stochastic", "Bollinger", "Keltner", "Donchian",
    "VWAP", "RollingVWAP", "OBV", "RollingDeviation", "ZScore", "RollingCorrelation", "RollingRegression",
]  # fmt: skip
