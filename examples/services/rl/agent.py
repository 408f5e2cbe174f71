"""A tabular Q-learning agent (Watkins 1989): which side to hold for the next bar, learned from reward net of costs.

State: three buckets of each of two features (the 5-bar return and the distance from the mean) and the side held, 27 in
all. Action: the side to hold for the next bar. Reward: side × the next bar's log return − COST per unit of change.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from examples.services.common import WINDOW, Floats, features, split, table_of

VERSION = "q-table-1"
SIDES = (-1, 0, 1)
EPOCHS = 20
RATE, DISCOUNT, CURIOSITY = 0.05, 0.9, 0.1
COST = 0.0002
#: Buckets end at half a deviation on either side.
EDGE = 0.5


class Score(NamedTuple):
    """Of the bars behind the split, net of COST per change of side: the agent's mean reward per bar in millionths, and
    that of always being long."""

    learned: int
    scored: int
    reward: float
    reward_long: float
    trades: int


def buckets(rows: Floats) -> np.ndarray:
    """0..8 for each row of features."""
    momentum, distance = (np.digitize(rows[:, column], (-EDGE, EDGE)) for column in (1, 3))
    return np.asarray(momentum * 3 + distance)


def learn(closes: Floats, seed: int = 1) -> tuple[Floats, Score]:
    """The table Q[bucket, side held, side chosen] of the first part, and its score on the rest."""
    rows, moves = table_of(closes)
    states, at = buckets(rows), split(len(rows))
    table = np.zeros((9, 3, 3))
    chance = np.random.default_rng(seed)
    for _ in range(EPOCHS):
        held = 1
        for now in range(at - 1):
            chosen = int(chance.integers(3)) if chance.random() < CURIOSITY else int(table[states[now], held].argmax())
            reward = SIDES[chosen] * moves[now] - COST * abs(chosen - held)
            best = table[states[now + 1], chosen].max()
            cell = (states[now], held, chosen)
            table[cell] += RATE * (reward + DISCOUNT * best - table[cell])
            held = chosen
    return table, score(table, states[at:], moves[at:], at)


def score(table: Floats, states: np.ndarray, moves: Floats, learned: int) -> Score:
    held, total, trades = 1, 0.0, 0
    for state, move in zip(states, moves, strict=True):
        chosen = int(table[state, held].argmax())
        total += SIDES[chosen] * move - COST * abs(chosen - held)
        trades += chosen != held
        held = chosen
    count = len(moves)
    return Score(learned, count, total / count * 1e6, (float(moves.sum()) - COST) / count * 1e6, trades)


def thought(table: Floats, closes: Floats) -> tuple[str, float, str]:
    """What the agent would hold if it held nothing; confidence: the lead of the best choice, of the table's spread."""
    row = table[int(buckets(features(closes[-WINDOW:]))[0]), 1]
    chosen = int(row.argmax())
    lead = float(row[chosen] - np.sort(row)[-2])
    spread = float(np.ptp(table)) or 1.0
    return (
        ("SELL", "HOLD", "BUY")[chosen],
        min(1.0, lead / spread),
        f"values short, flat, long: {row.round(6).tolist()}",
    )
