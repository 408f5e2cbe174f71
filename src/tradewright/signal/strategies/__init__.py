"""The strategies that ship with tradewright, by name."""

from __future__ import annotations

from tradewright.signal.strategies.donchian_breakout import DonchianBreakout
from tradewright.signal.strategies.liquidity import Liquidity
from tradewright.signal.strategies.macd_trend import MacdTrend
from tradewright.signal.strategies.microstructure import Microstructure
from tradewright.signal.strategies.rsi_reversion import RsiReversion
from tradewright.signal.strategies.sma_cross import SmaCross
from tradewright.signal.strategies.smart_money import SmartMoney
from tradewright.signal.strategies.volume import Volume
from tradewright.signal.strategy import Strategy

STRATEGIES: dict[str, type[Strategy]] = {
    "sma_cross": SmaCross,
    "rsi_reversion": RsiReversion,
    "donchian_breakout": DonchianBreakout,
    "macd_trend": MacdTrend,
    "liquidity": Liquidity,
    "smart_money": SmartMoney,
    "volume": Volume,
    "microstructure": Microstructure,
}
