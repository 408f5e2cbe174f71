"""A logistic regression that says how likely the next bar is to close higher, scored on bars it has never seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from examples.services.common import WINDOW, Floats, features, split, table_of

VERSION = "logistic-1"


class Score(NamedTuple):
    """Of the bars behind the split. base: accuracy of always saying what was more frequent in the learned part;
    log_loss_base: of always saying its frequency."""

    learned: int
    scored: int
    accuracy: float
    base: float
    log_loss: float
    log_loss_base: float


def learn(closes: Floats) -> tuple[Pipeline, Score]:
    """Fit on the first part, score on the rest. Bars that close where the one before did are left out of both."""
    rows, moves = table_of(closes)
    at = split(len(rows))
    moved = moves != 0
    up = moves > 0
    first, rest = np.arange(len(rows)) < at, np.arange(len(rows)) >= at
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    model.fit(rows[first & moved], up[first & moved])
    return model, score(model, rows[rest & moved], up[rest & moved], float(up[first & moved].mean()), int(first.sum()))


def score(model: Pipeline, rows: Floats, up: np.ndarray, frequency: float, learned: int) -> Score:
    likely = model.predict_proba(rows)[:, 1]
    return Score(
        learned, len(rows), float(accuracy_score(up, likely > 0.5)), float((up == (frequency > 0.5)).mean()),
        float(log_loss(up, likely)), float(log_loss(up, np.full(len(up), frequency))),
    )  # fmt: skip


def thought(model: Pipeline, closes: Floats) -> tuple[str, float, str]:
    """BUY or SELL with twice the distance from even odds as confidence."""
    likely = float(model.predict_proba(features(closes[-WINDOW:]))[0, 1])
    action = "HOLD" if likely == 0.5 else "BUY" if likely > 0.5 else "SELL"
    return action, abs(2 * likely - 1), f"a higher close next has probability {likely:.3f}"
