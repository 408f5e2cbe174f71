"""What a run consists of, as it is journaled at its start: instruments, accounts with limits, strategies with
hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tradewright.core.limits import Limits
from tradewright.model.account import Account
from tradewright.model.errors import InputError
from tradewright.model.exit_plan import ExitPlan
from tradewright.model.fee import FeeEstimate
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.shadow import ShadowTerms
from tradewright.model.sizer import Sizer


class StrategySpec(NamedTuple):
    """One strategy of a run. ref: built-in name or `file.py:Class`; code_hash: of its source, params_hash: of its
    parameters; equality of what it decides is owed only where both are equal. ensemble: id of the one it is a member
    of, so that its signals are votes; "" = it runs alone. decide_on: when what it signals is acted on — "bar" with the
    next bar of the symbol, "cycle" with the next timer of `cycle_seconds`, "" at once."""

    id: str
    ref: str
    account: str
    symbols: tuple[str, ...]
    parameters: tuple[tuple[str, Any], ...]
    code_hash: str
    params_hash: str
    ensemble: str = ""
    decide_on: str = ""
    cycle_seconds: int = 45

    def hashes(self) -> tuple[str, str]:
        return (self.code_hash, self.params_hash)


class Setup:
    """All of it. limits: (name, exact value) pairs per account. notes: texts for the record (versions, models, seed).
    sizers, plans: by scope, "account:NAME" or "strategy:ID", for openings that say no size, and no exits. scopes:
    limits of further scopes, as `core.exposure` names them. sessions: account, user and settings of each.
    shadow: of the shadow account, None = there is none."""

    __slots__ = ("instruments", "accounts", "strategies", "notes", "sizers", "scopes", "plans", "sessions", "shadow")

    def __init__(
        self,
        instruments: list[Instrument],
        accounts: list[tuple[Account, list[tuple[str, int]]]],
        strategies: list[StrategySpec],
        notes: dict[str, str],
        sizers: dict[str, Sizer] | None = None,
        scopes: Mapping[str, Limits] | None = None,
        plans: dict[str, ExitPlan] | None = None,
        sessions: Sequence[tuple[str, str, Sequence[Any]]] = (),
        shadow: ShadowTerms | None = None,
    ) -> None:
        self.instruments = instruments
        self.accounts = accounts
        self.strategies = strategies
        self.notes = notes
        self.sizers = {} if sizers is None else sizers
        self.scopes: dict[str, Limits] = {} if scopes is None else dict(scopes)
        self.plans = {} if plans is None else plans
        self.sessions = list(sessions)
        self.shadow = shadow

    def row(self) -> list[object]:
        return [
            [instrument.row() for instrument in self.instruments],
            [(account.row(), limits) for account, limits in self.accounts],
            [tuple(spec) for spec in self.strategies],
            sorted(self.notes.items()),
            [(scope, sizer.row()) for scope, sizer in sorted(self.sizers.items())],
            [(scope, limits.currency, limits.row()) for scope, limits in sorted(self.scopes.items())],
            [(scope, plan.row()) for scope, plan in sorted(self.plans.items())],
            self.sessions,
            *([] if self.shadow is None else [self.shadow.row()]),
        ]

    def limits_of_accounts(self) -> list[tuple[Account, Limits]]:
        """Each account with all that is configured for it: what its scope names lies over its own. Raises InputError
        where the two count money in different currencies."""
        found: list[tuple[Account, Limits]] = []
        for account, own in self.accounts:
            over = self.scopes.get(f"account:{account.name}", Limits())
            if own and over.currency not in ("", account.currency):
                raise InputError(
                    f"limits of account:{account.name}: they are in {over.currency} and those beneath them in "
                    f"{account.currency}; state them in {account.currency}"
                )
            found.append((account, Limits({**dict(own), **over.values}, 1, over.currency)))
        return found

    def further_limits(self) -> dict[str, Limits]:
        """The limits of all scopes that are no account of its own."""
        mine = {f"account:{account.name}" for account, _ in self.accounts}
        return {scope: limits for scope, limits in self.scopes.items() if scope not in mine}

    @staticmethod
    def from_row(row: Sequence[Any]) -> Setup:
        """The inverse of `row`, from what a journal gave back."""
        instruments, accounts, strategies, notes, sizers, scopes, plans, sessions, *shadow = row
        return Setup(
            [instrument_from(item) for item in instruments],
            [(account_from(item), [(name, value) for name, value in limits]) for item, limits in accounts],
            [spec_from(item) for item in strategies],
            dict(notes),
            {scope: Sizer.from_row(item) for scope, item in sizers},
            {scope: Limits(dict(values), 1, currency) for scope, currency, values in scopes},
            {scope: ExitPlan.from_row(item) for scope, item in plans},
            [(account, user, settings) for account, user, settings in sessions],
            ShadowTerms.from_row(shadow[0]) if shadow else None,
        )


#: The names of what a row holds, in its order. An instrument's rules may change at any time, by a record of their own.
INSTRUMENT_TERMS = (
    "symbol", "venue", "asset class", "base", "quote", "price scale", "size scale", "contract", "calendar", "sector",
)  # fmt: skip
ACCOUNT_TERMS = (
    "name", "code", "venue", "mode", "kind", "currency", "leverage", "day zone", "native exits", "fee", "owner",
    "settling time", "remoteness", "reduce-only",
)  # fmt: skip


def check_known(setup: Setup, symbols: Mapping[str, Instrument], accounts: Mapping[str, Account]) -> None:
    """Whether a new start goes on with the instruments and accounts that are there already. Every price, size and hold
    is counted in their terms, and an instrument's place is its name in the journal. Raises InputError naming what
    differs."""
    listed = len(symbols)
    for place, instrument in enumerate(setup.instruments):
        known = symbols.get(instrument.symbol)
        if known is not None:
            what = f"instrument {instrument.symbol}"
            _check_terms(what, INSTRUMENT_TERMS, known.row()[:-1], instrument.row()[:-1])
        else:
            listed += 1
        index = listed - 1 if known is None else known.index
        if index != place:
            raise InputError(
                f"instrument {instrument.symbol} is number {index + 1} of the journal and number {place + 1} of this "
                "start: list those that are known in their order, and new ones behind all of them"
            )
    for account, _ in setup.accounts:
        held = accounts.get(account.name)
        if held is not None:
            # Nothing is counted in the decimals of its money or by what it keeps of coins: those of this start go on.
            of_all = len(ACCOUNT_TERMS)
            _check_terms(f"account {account.name}", ACCOUNT_TERMS, held.row()[:of_all], account.row()[:of_all])


def _check_terms(what: str, names: Sequence[str], known: Sequence[object], given: Sequence[object]) -> None:
    for name, old, new in zip(names, known, given, strict=True):
        if old != new:
            raise InputError(
                f"{what}: its {name} is {old!r} in the journal and {new!r} in this start; "
                "start with the same terms, or in another home"
            )


def spec_from(row: Sequence[Any]) -> StrategySpec:
    """A strategy from its row."""
    id, ref, account, symbols, parameters, *rest = row
    return StrategySpec(id, ref, account, tuple(symbols), tuple((name, value) for name, value in parameters), *rest)


def instrument_from(row: Sequence[Any]) -> Instrument:
    """An instrument from its row, not yet listed."""
    return Instrument(*[*row[:10], OrderRules(*row[10])])


def account_from(row: Sequence[Any]) -> Account:
    """An account's terms from its row."""
    return Account(*[*row[:9], FeeEstimate(*row[9]), *row[10:]])
