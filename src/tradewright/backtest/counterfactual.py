"""What each rule blocked in a backtest, and what the account would have made or lost without it.

    result = run(strategies, dataset, replace(options, keep_decisions=True))
    for blocked in counterfactual(strategies, result):
        print(blocked.text("USD"))

Each rule that refused something is left out by itself and the whole run is played again, so that what an order it
blocked would have done to all later ones is counted. The sum over the rules need not be the result without all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from tradewright.backtest.run import ACCOUNT, Result, RunOptions, run
from tradewright.backtest.strategy_source import Specified
from tradewright.core.limits import Limits
from tradewright.core.stations import READ_BESIDE, RULES
from tradewright.model.currency import decimals_of
from tradewright.model.errors import ContractError
from tradewright.model.numbers import money_float, money_text


class Blocked(NamedTuple):
    """One rule. limits: the names that switch it on; () = it always stands, and pnl and fills are None. intents: that
    it refused; alone: of which no other rule would have. pnl: money of the account, what the run without it ended with
    more; fills: how many more it had."""

    code: str
    limits: tuple[str, ...]
    intents: int
    alone: int
    pnl: int | None
    fills: int | None

    def row(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "code": self.code, "limits": list(self.limits), "intents": self.intents, "alone": self.alone,
            "pnl": None if self.pnl is None else money_text(self.pnl), "fills": self.fills,
        }  # fmt: skip

    def text(self, currency: str) -> str:
        """A line for a terminal."""
        line = f"{self.code}: refused {self.intents} intents, {self.alone} of them alone; "
        if self.pnl is None:
            return line + "always stands"
        places = decimals_of(currency)
        return line + f"without it P&L {money_float(self.pnl):+,.{places}f} {currency}, {self.fills:+,} fills"


def counterfactual(strategies: Sequence[Specified], result: Result) -> list[Blocked]:
    """One entry for each rule that refused something, in the order of the stations; one more run for each that a limit
    switches on. The result needs its decisions (`keep_decisions`)."""
    options = result.options
    if not options.keep_decisions:
        raise ContractError("what rules blocked is read from the decisions of a run: keep them")
    refused: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    for decision in result.decisions:
        codes = {check.code for check in decision.refusals}
        refused.update(codes)
        if len(codes) == 1:
            alone.update(codes)
    limits_of = {rule.code: _switches(rule) for rule in RULES}
    blocked: list[Blocked] = []
    for code in sorted(refused, key=lambda code: (list(limits_of).index(code) if code in limits_of else -1, code)):
        names = tuple(name for name in limits_of.get(code, ()) if _is_on(options, name))
        pnl = fills = None
        if names:
            again = run(strategies, result.dataset, _without(options, names))
            pnl, fills = again.equity - result.equity, len(again.fills) - len(result.fills)
        blocked.append(Blocked(code, names, refused[code], alone[code], pnl, fills))
    return blocked


def _switches(rule: Any) -> tuple[str, ...]:
    return (rule.limit, *(rule.also if rule.switches else ())) if rule.limit else ()


def _is_on(options: RunOptions, name: str) -> bool:
    return name in options.limits or any(limits.has(name) for limits in options.scopes.values())


def _without(options: RunOptions, names: tuple[str, ...]) -> RunOptions:
    """The same options with those limits off in every scope."""
    mine = _gone(options, f"account:{ACCOUNT}", names)
    limits: Mapping[str, Any] = {name: value for name, value in options.limits.items() if name not in mine}
    scopes: dict[str, Limits] = {}
    for scope, own in options.scopes.items():
        gone = _gone(options, scope, names)
        values = {name: value for name, value in own.values.items() if name not in gone}
        scopes[scope] = Limits(values, currency=own.currency)
    return replace(options, limits=limits, scopes=scopes, keep_decisions=False, journal=None)


def _gone(options: RunOptions, scope: str, names: tuple[str, ...]) -> list[str]:
    """What a scope does not have without those limits: them, and parameters that no other limit of it reads."""
    has = {*options.scopes[scope].values} if scope in options.scopes else set()
    if scope == f"account:{ACCOUNT}":
        has |= {*options.limits}
    left = has - {*names}
    return [*names, *[name for name, readers in READ_BESIDE.items() if readers and not left & {*readers}]]
