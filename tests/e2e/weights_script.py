"""Recomputes weights and figures from exported matches. Arguments: days shrink equal floor cap change (ppm), tables."""

import csv
import sys
from bisect import bisect_right
from fractions import Fraction as F
from math import isqrt
from pathlib import Path

size, k, same, low, cap, step = map(int, sys.argv[1:7])
matches, figures, history = [list(csv.DictReader(Path(table).read_text().splitlines())) for table in sys.argv[7:]]
days, names = [sorted({match[column] for match in matches}) for column in ("day", "strategyId")]
e, weights = F(1, len(names)), [10**6 // len(names) + (at < 10**6 % len(names)) for at in range(len(names))]


def root(x):
    return F(isqrt(abs(x) * 10**18 // 1), 10**9) * (1 if x > 0 else -1)


def ratio(name, window):
    row = [sum(F(m["netPnl"]) for m in matches if (m["strategyId"], m["day"]) == (name, day)) for day in window]
    mean, spread = F(sum(row)) / len(row), sum((x - F(sum(row)) / len(row)) ** 2 for x in row)
    return root(mean * abs(mean) * (len(row) - 1) / spread) if spread else F(0)


def put(more):
    return [min(max(x + more, low, w - step), cap, w + step) for x, w in zip(mix, weights, strict=True)]


for at, day in enumerate(days):
    own, n = [ratio(name, days[max(0, at + 1 - size) : at + 1]) for name in names], min(at + 1, size)
    shrunk = [F((n * x + k * F(sum(own) * e * 10**9 // 1, 10**9)) / (n + k) * 10**9 // 1, 10**9) for x in own]
    t = [root(x * abs(x) * n) for x in shrunk]
    mix = [(same * e + (10**6 - same) * (max(x, 0) / sum(y for y in t if y > 0) if max(t) > 0 else e)) // 1 for x in t]
    more = bisect_right(range(-(10**6), 10**6), 10**6, key=lambda more: sum(put(more))) - 10**6 - 1
    up = [i for i in range(len(t)) if put(more + 1)[i] > put(more)[i]][: 10**6 - sum(put(more))]
    weights = [weight + (i in up) for i, weight in enumerate(put(more))]
    assert [F(row["weight"]) * 10**6 for row in history if row["day"] == day] in (weights, []), (day, weights)
    scored = [tuple(F(row[c]) for c in ("sharpe", "shrunkSharpe", "tStat")) for row in figures if row["day"] == day]
    assert scored in (list(zip(own, shrunk, t, strict=True)), []), (day, own, shrunk, t)
print(*[sum(row["day"] in days for row in table) for table in (history, figures)], "rows recomputed")
