"""Recomputes every weight from exported matches. Arguments: folder days shrink equal% floor% cap% change%."""

import csv
import sys
from collections import defaultdict
from decimal import Decimal, getcontext
from fractions import Fraction as F
from math import floor
from pathlib import Path

getcontext().prec = 120
size, k, *shares = map(int, sys.argv[2:])
equal, low, cap, step = [F(share) * 10**4 for share in shares]
matches, _, history, _ = [list(csv.DictReader(file.open())) for file in sorted(Path(sys.argv[1]).glob("*.csv"))]


def cut(x, root=False):
    number = Decimal(x.numerator) / Decimal(x.denominator)
    return F(floor((number.sqrt() if root else number) * 10**9), 10**9)


def ratio(row):
    mean, spread = sum(row) / len(row), sum((x - sum(row) / len(row)) ** 2 for x in row)
    return cut(mean**2 * (len(row) - 1) / spread, root=True) * (1 if mean > 0 else -1) if spread else F(0)


def put(more, blend, before):
    return [min(max(x + more, low, w - step), cap, w + step) for x, w in zip(blend, before, strict=True)]


made = defaultdict(F)
for match in matches:
    made[match["strategyId"], match["day"]] += F(match["netPnl"])
days, names = [sorted({row[column] for row in history}) for column in ("day", "strategyId")]
before = [10**6 // len(names) + (at < 10**6 % len(names)) for at in range(len(names))]
for at, day in enumerate(days):
    window = days[max(0, at + 1 - size) : at + 1]
    own, n = [ratio([made[name, day] for day in window]) for name in names], len(window)
    mean, more = cut(sum(own) / len(own)), -(10**6)
    t = [cut(max(F(0), cut((n * x + k * mean) / (n + k))) ** 2 * n, root=True) for x in own]
    blend = [floor(equal / len(t) + (10**6 - equal) * (x / sum(t) if any(t) else F(1, len(t)))) for x in t]
    for jump in [2**bit for bit in range(21, -1, -1)]:
        more += jump if sum(put(more + jump, blend, before)) <= 10**6 else 0
    before, next_ = put(more, blend, before), put(more + 1, blend, before)
    for at in [at for at in range(len(t)) if next_[at] > before[at]][: int(10**6 - sum(before))]:
        before[at] += 1
    assert before == [F(row["weight"]) * 10**6 for row in history if row["day"] == day], (day, before)
print(len(history), "weights recomputed")
