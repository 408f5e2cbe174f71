"""A curve as an SVG that refers to nothing else: equity above, drawdown below, dates and money at the axes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

import numpy as np

from tradewright.backtest.curve import Curve
from tradewright.backtest.marks import FloatArray, IntArray

#: Of the picture, in its own units; about a pixel of a screen each.
_WIDTH, _HEIGHT = 960, 500
_LEFT, _RIGHT = 96, _WIDTH - 44  # room for half a date
_TICKS_MAX = {"time": 9, "value": 6}
#: Distances of time ticks: numpy's unit, how many of it, their length in seconds.
_TIME_STEPS = (
    *(("m", count, 60 * count) for count in (1, 5, 15, 30)),
    *(("h", count, 3_600 * count) for count in (1, 3, 6, 12)),
    *(("D", count, 86_400 * count) for count in (1, 2, 7, 14)),
    *(("M", count, 2_629_746 * count) for count in (1, 2, 3, 6)),
    *(("Y", count, 31_556_952 * count) for count in (1, 2, 5, 10, 20, 50)),
)
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#4a5568}.title{font-size:16px;fill:#1a202c}"
    ".grid{stroke:#e2e8f0}.start{stroke:#a0aec0;stroke-dasharray:5 4}"
    ".equity{fill:none;stroke:#2b6cb0;stroke-width:1.5;stroke-linejoin:round}.drawdown{fill:#c53030;opacity:.45}"
)


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the picture, from `top` to `bottom`, over values from `low` to `high`."""

    top: float
    bottom: float
    low: float
    high: float

    def y(self, value: float) -> float:
        return self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)

    def grid(self, percent: bool) -> list[str]:
        """Lines and labels at round values. percent: values are fractions."""
        step = _round_step((self.high - self.low) / _TICKS_MAX["value"])
        factor, sign = (100.0, " %") if percent else (1.0, "")
        decimals = max(0, -math.floor(math.log10(step * factor) + 1e-9))
        values = [step * n for n in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]
        return [
            f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{self.y(value):.1f}" y2="{self.y(value):.1f}"/>'
            f'<text x="{_LEFT - 8}" y="{self.y(value) + 4:.1f}" text-anchor="end">'
            f"{value * factor:,.{decimals}f}{sign}</text>"
            for value in values
        ]


def equity_svg(curve: Curve, title: str, currency: str) -> str:
    """The picture. currency: of the equity. A column of it shows its highest and lowest value, however many it has."""
    equity, drops = curve.equity, curve.drawdown
    low, high = float(equity.min()), float(equity.max())
    room = (high - low) * 0.04 or abs(high) * 0.01 or 1.0
    money, loss = Panel(56, 340, low - room, high + room), Panel(384, 464, min(float(drops.min()), -1e-6), 0.0)
    span = max(int(curve.times[-1] - curve.times[0]), 1)
    x = _LEFT + (curve.times - curve.times[0]) / span * (_RIGHT - _LEFT)
    start = money.y(float(equity[0]))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style>",
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
            f'<text class="title" x="{_LEFT}" y="26">{escape(title)}</text>',
            f'<text x="{_LEFT}" y="46">Equity, {escape(currency)}</text><text x="{_LEFT}" y="374">Drawdown</text>',
            *_dates(int(curve.times[0]), span, (money, loss)),
            *money.grid(percent=False),
            *loss.grid(percent=True),
            f'<line class="start" x1="{_LEFT}" x2="{_RIGHT}" y1="{start:.1f}" y2="{start:.1f}"/>',
            f'<path class="drawdown" d="M{_LEFT} {loss.top}L{_points(x, drops, loss)}L{x[-1]:.1f} {loss.top}Z"/>',
            f'<path class="equity" d="M{_points(x, equity, money)}"/>',
            "</svg>\n",
        ]
    )


def _points(x: FloatArray, values: FloatArray, panel: Panel) -> str:
    """The line's points; where many share a column, its first, lowest, highest and last."""
    starts = np.flatnonzero(np.append(True, np.diff(np.floor(x)) > 0))
    if 4 * len(starts) < len(x):
        ends = np.append(starts[1:], len(x)) - 1
        lowest, highest = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
        values = np.column_stack((values[starts], lowest, highest, values[ends])).ravel()
        x = np.repeat(x[starts], 4)
    return "L".join(f"{at:.1f} {panel.y(value):.1f}" for at, value in zip(x.tolist(), values.tolist(), strict=True))


def _dates(first: int, span: int, panels: tuple[Panel, Panel]) -> list[str]:
    """Lines and labels at round moments (UTC). first, span: ns."""
    parts = []
    for time, label in _time_ticks(first, span):
        x = _LEFT + (time - first) / span * (_RIGHT - _LEFT)
        parts += [
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{panel.top}" y2="{panel.bottom}"/>' for panel in panels
        ]
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - 16}" text-anchor="middle">{label}</text>')
    return parts


def _time_ticks(first: int, span: int) -> list[tuple[int, str]]:
    """Moments at multiples of the finest step that leaves few enough of them, ns UTC, and how they are written."""
    fitting = (step for step in _TIME_STEPS if span / 1e9 / step[2] <= _TICKS_MAX["time"])
    unit, count, _ = next(fitting, _TIME_STEPS[-1])
    begin, end = (np.datetime64(time, "ns").astype(f"M8[{unit}]").astype(np.int64) for time in (first, first + span))
    moments = np.arange(-(-begin // count) * count, end + 1, count).astype(f"M8[{unit}]")
    texts = np.datetime_as_string(moments if unit != "h" else moments.astype("M8[m]")).tolist()
    times: IntArray = moments.astype("M8[ns]").astype(np.int64)
    return [
        (time, text[-11:].replace("T", " ")) for time, text in zip(times.tolist(), texts, strict=True) if time >= first
    ]


def _round_step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below `least` (> 0)."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= least)
