"""What the tape takes back: the last trade of a share is cancelled, or corrected by a cent upwards; and its bar, where
that is over, is told anew (`updatedBars`).

Who has subscribed to the trades hears of both. Decided: a bar keeps its open, high, low and close when a trade of it is
cancelled, and loses its volume; a correction may raise its high and its close.
"""

from __future__ import annotations

from typing import Any

from tradewright.model.market import Trade
from tradewright.sim.wire.alpaca.boards import Board, Candle
from tradewright.sim.wire.alpaca.notation import SIZE_SCALE, Moment, number

#: Channel, kind of message, its content.
Said = tuple[str, str, dict[str, Any]]


def cancel_last(board: Board, now: int) -> list[Said]:
    """Cancels the last trade; nothing is said where there is none."""
    if not board.trades:
        return []
    _, count, trade = board.trades.pop()
    scale = board.asset.instrument.price_scale
    row = {
        "i": count, "x": "V", "p": number(trade.price_units, scale), "s": number(trade.size_units, SIZE_SCALE),
        "a": "C", "z": "C", "t": Moment(now),
    }  # fmt: skip
    return [("trades", "x", row), *_told_anew(board, trade, 0)]


def correct_last(board: Board, now: int) -> list[Said]:
    """Corrects the last trade's price; nothing is said where there is none."""
    if not board.trades:
        return []
    time, count, trade = board.trades.pop()
    scale = board.asset.instrument.price_scale
    price = trade.price_units + 10 ** (scale - 2)
    board.number += 1
    board.trades.append((time, board.number, Trade(time, trade.instrument, price, trade.size_units, trade.aggressor)))
    board.last = price
    size = number(trade.size_units, SIZE_SCALE)
    row = {
        "x": "V", "oi": count, "op": number(trade.price_units, scale), "os": size, "oc": ["@"],
        "ci": board.number, "cp": number(price, scale), "cs": size, "cc": ["@"], "z": "C", "t": Moment(now),
    }  # fmt: skip
    return [("trades", "c", row), *_told_anew(board, trade, price)]


def _told_anew(board: Board, trade: Trade, price: int) -> list[Said]:
    """The last bar, if the trade lies in it. price: what the trade's is now, 0 = it is gone."""
    if not board.bars or trade.time < board.bars[-1].start or not board.bars[-1].prints:
        return []
    old: Candle = board.bars[-1]
    if price:
        change = (price - trade.price_units) * trade.size_units
        new = old._replace(high=max(old.high, price), close=price, worth=old.worth + change)
    else:
        lost = min(trade.size_units, old.volume)
        worth = old.worth - trade.price_units * lost
        new = old._replace(volume=old.volume - lost, prints=old.prints - 1, worth=worth)
    board.bars[-1] = new
    return [("updatedBars", "u", board.candle_row(new))]
