"""What a run consists of, as it is journaled at its start: instruments, accounts with limits, strategies with
hashes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tradewright.model.account import Account
from tradewright.model.fee import FeeEstimate
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.sizer import Sizer


class StrategySpec(NamedTuple):
    """One strategy of a run. ref: built-in name or `file.py:Class`; code_hash: of its source, params_hash: of its
    parameters; equality of what it decides is owed only where both are equal. ensemble: id of the one it is a member
    of, so that its signals are votes; "" = it runs alone."""

    id: str
    ref: str
    account: str
    symbols: tuple[str, ...]
    parameters: tuple[tuple[str, Any], ...]
    code_hash: str
    params_hash: str
    ensemble: str = ""

    def hashes(self) -> tuple[str, str]:
        return (self.code_hash, self.params_hash)


class Setup:
    """All of it. limits: (name, exact value) pairs per account. notes: texts for the record (versions, models, seed).
    sizers: by scope, "account:NAME" or "strategy:ID", for openings that say no size."""

    __slots__ = ("instruments", "accounts", "strategies", "notes", "sizers")

    def __init__(
        self,
        instruments: list[Instrument],
        accounts: list[tuple[Account, list[tuple[str, int]]]],
        strategies: list[StrategySpec],
        notes: dict[str, str],
        sizers: dict[str, Sizer] | None = None,
    ) -> None:
        self.instruments = instruments
        self.accounts = accounts
        self.strategies = strategies
        self.notes = notes
        self.sizers = {} if sizers is None else sizers

    def row(self) -> list[object]:
        return [
            [instrument.row() for instrument in self.instruments],
            [(account.row(), limits) for account, limits in self.accounts],
            [tuple(spec) for spec in self.strategies],
            sorted(self.notes.items()),
            [(scope, sizer.row()) for scope, sizer in sorted(self.sizers.items())],
        ]

    @staticmethod
    def from_row(row: Sequence[Any]) -> Setup:
        """The inverse of `row`, from what a journal gave back."""
        instruments, accounts, strategies, notes, sizers = row
        return Setup(
            [instrument_from(item) for item in instruments],
            [(account_from(item), [(name, value) for name, value in limits]) for item, limits in accounts],
            [
                StrategySpec(id, ref, account, tuple(symbols), tuple((k, v) for k, v in parameters), *rest)
                for id, ref, account, symbols, parameters, *rest in strategies
            ],
            dict(notes),
            {scope: Sizer.from_row(item) for scope, item in sizers},
        )


def instrument_from(row: Sequence[Any]) -> Instrument:
    """An instrument from its row, not yet listed."""
    return Instrument(*[*row[:10], OrderRules(*row[10])])


def account_from(row: Sequence[Any]) -> Account:
    """An account's terms from its row."""
    return Account(*[*row[:9], FeeEstimate(*row[9])])
