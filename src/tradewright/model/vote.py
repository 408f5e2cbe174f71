"""The record of an ensemble's vote: every member's ballot with what it contributed, and every validator's verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tradewright.model.decision import Check
from tradewright.model.event import VOTE, Event
from tradewright.model.instrument import Instrument


class Contribution(NamedTuple):
    """One member's part. group: "rule" or "service"; weight, confidence: ppm; contribution: what it added to the score,
    ppm cut towards zero. silent: "" = it counted, else the code why it did not. age_ns: of what it said, −1 = nothing.
    """

    member: str
    group: str
    weight: int
    action: int
    confidence: int
    contribution: int
    silent: str
    age_ns: int
    reasoning: str


class Vote(Event):
    """Output: how ensemble `strategy` came to its signal on an instrument; the signal follows it in the journal.

    action: the members' (`model.signal.ACTIONS`), before the validators. score: signed; score, threshold, balance: ppm,
    the score cut towards zero. checks: the validators' verdicts, none where there was nothing to open.
    """

    __slots__ = ("strategy", "instrument", "action", "score", "threshold", "balance", "contributions", "checks")

    def __init__(
        self,
        time: int,
        strategy: str,
        instrument: Instrument,
        action: int,
        score: int,
        threshold: int,
        balance: int,
        contributions: list[Contribution],
        checks: list[Check],
    ) -> None:
        super().__init__(VOTE, time)
        self.strategy = strategy
        self.instrument = instrument
        self.action = action
        self.score = score
        self.threshold = threshold
        self.balance = balance
        self.contributions = contributions
        self.checks = checks

    @property
    def key(self) -> tuple[str, int]:
        """The key of the signal it led to."""
        return (self.strategy, self.instrument.index)

    @property
    def refusals(self) -> list[Check]:
        """The validators that refused, in their order."""
        return [check for check in self.checks if not check.passed]

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.strategy, self.instrument.index, self.action, self.score, self.threshold,
            self.balance, self.contributions, [check.row() for check in self.checks],
        )  # fmt: skip


def vote_from(row: Sequence[Any], instruments: list[Instrument]) -> Vote:
    """A vote from its row without the kind; the instrument by its index."""
    time, strategy, index, action, score, threshold, balance, contributions, checks = row
    return Vote(
        time, strategy, instruments[index], action, score, threshold, balance,
        [Contribution(*item) for item in contributions], [Check(*check) for check in checks],
    )  # fmt: skip
