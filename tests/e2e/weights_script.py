"""Recomputes every weight from exported matches. Arguments: folder days shrink equal% floor% cap% change%."""

import csv
import sys
from fractions import Fraction as F
from math import floor, isqrt
from pathlib import Path

size, k, equal, low, cap, step = [int(word) * (1 if at < 2 else 10**4) for at, word in enumerate(sys.argv[2:])]
matches, _, history, _ = [list(csv.DictReader(file.open())) for file in sorted(Path(sys.argv[1]).glob("*.csv"))]
days, ids = [sorted({row[column] for row in history}) for column in ("day", "strategyId")]
pnl = {(s, d): sum(F(m["netPnl"]) for m in matches if (m["strategyId"], m["day"]) == (s, d)) for s in ids for d in days}
before = [10**6 // len(ids) + (at < 10**6 % len(ids)) for at in range(len(ids))]


def cut(x, root=False):
    return F(isqrt(floor(x * 10**18)) if root else floor(x * 10**9), 10**9)


def ratio(row):
    mean, spread = sum(row) / len(row), sum((x - sum(row) / len(row)) ** 2 for x in row)
    return cut(mean**2 * (len(row) - 1) / spread, root=True) * (1 if mean > 0 else -1) if spread else F(0)


def put(more, blend, before):
    return [min(max(x + more, low, w - step), cap, w + step) for x, w in zip(blend, before, strict=True)]


for at, day in enumerate(days, 1):
    own, n = [ratio([pnl[name, past] for past in days[max(0, at - size) : at]]) for name in ids], min(at, size)
    mean, more = cut(sum(own) / len(own)), -(10**6)
    t = [cut(max(F(0), cut((n * x + k * mean) / (n + k))) ** 2 * n, root=True) for x in own]
    blend = [floor(F(equal, len(t)) + (10**6 - equal) * (x / sum(t) if any(t) else F(1, len(t)))) for x in t]
    for jump in [2**bit for bit in range(21, -1, -1)]:
        more += jump if sum(put(more + jump, blend, before)) <= 10**6 else 0
    before, next_ = put(more, blend, before), put(more + 1, blend, before)
    for at in [at for at in range(len(t)) if next_[at] > before[at]][: 10**6 - sum(before)]:
        before[at] += 1
    assert before == [F(row["weight"]) * 10**6 for row in history if row["day"] == day], (day, before)
print(len(history), "weights recomputed")
