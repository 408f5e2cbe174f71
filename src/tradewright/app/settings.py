"""A file of settings: what a session, a backtest or a demo is configured with, in YAML or JSON.

session: the trading settings of a user's session, and whose it is. risk, tradepicker: limits of the account.
limits, executionFilter: as a file of limits has them. exits, sizing: of openings that bring none. strategies: what
holds for one of them. Dotted keys (`tradepicker.maxOpenPositions: 3`) and nested ones are the same.

Whatever is not known, of another type, or out of its range is refused with file, key and what is allowed; a value that
two blocks give to the same thing is refused too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tradewright.app.limits_file import bound, read_file
from tradewright.app.settings_keys import KEYS, Key, check_key, unknown
from tradewright.backtest.strategy_source import Specified, id_of, strategy_class
from tradewright.core.limits import Limits, limits_from
from tradewright.model.errors import InputError
from tradewright.model.exit_plan import ExitPlan, plan_from
from tradewright.model.numbers import Number, decimal_of
from tradewright.model.sizer import METHODS, OPTIONS, Sizer, sizer_from
from tradewright.signal.ensemble import Ensemble
from tradewright.signal.strategy import declared_fields

BLOCKS = ("session", "risk", "tradepicker", "limits", "executionFilter", "exits", "sizing", "strategies")
#: Blocks whose keys are limits of the account, and what their names begin with.
OF_ACCOUNT = {"risk": "", "tradepicker": "tradepicker."}
OF_STRATEGY = ("decideOn", "cycleSeconds", "exits", "sizing", "parameters")


@dataclass(slots=True)
class Own:
    """What is set for one strategy. sizer, plan: None = as its account's."""

    decide_on: str = ""
    cycle_seconds: int = 0
    sizer: Sizer | None = None
    plan: ExitPlan | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Settings:
    """A file that was read. owner: whose the account is. session: its keys as they were given; scopes: all limits;
    exits, sizer: of the account; own: by strategy."""

    account: str
    owner: str
    session: dict[str, Any] = field(default_factory=dict)
    scopes: dict[str, Limits] = field(default_factory=dict)
    exits: dict[str, Number] = field(default_factory=dict)
    sizer: str = ""
    own: dict[str, Own] = field(default_factory=dict)

    @property
    def enabled(self) -> list[str]:
        return list(self.session.get("enabledStrategies") or ())

    def sessions(self) -> list[tuple[str, str, list[list[Any]]]]:
        """The session as a start has it: none where the file has none."""
        if not self.session:
            return []
        user = str(self.session.get("userId", self.owner))
        return [(self.account, user, [[name, value] for name, value in sorted(self.session.items())])]

    def parameters(self, ref: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of a strategy: those it is given, over its own, over those of the session."""
        found = strategy_class(ref)
        named = id_of(ref, found)
        fields = declared_fields(found)
        own = self.own.get(named, Own())
        session: dict[str, Any] = {}
        if issubclass(found, Ensemble):
            session = {key.parameter: self.session[name] for name, key in KEYS.items() if self._says(name, key)}
            session |= {"members": members} if (members := self._members(named, found.members)) else {}
            session |= {"decide_on": own.decide_on} if own.decide_on else {}
            session |= {"cycle_seconds": own.cycle_seconds} if own.cycle_seconds else {}
        elif "threshold" in fields and self._says("minConfidence", KEYS["minConfidence"]):
            session = {"threshold": self.session["minConfidence"]}
        return {**session, **own.parameters, **given}

    def _says(self, name: str, key: Key) -> bool:
        # A confidence of zero is no threshold.
        return key.parameter != "" and name in self.session and not (name == "minConfidence" and not self._confidence())

    def _confidence(self) -> bool:
        return bool(decimal_of(self.session["minConfidence"], "minConfidence"))

    def _members(self, ensemble: str, members: Mapping[str, Any]) -> dict[str, Any]:
        """The members that are enabled; {} = nothing is said about any of them."""
        enabled = self.enabled
        return {
            name: row
            for name, row in members.items()
            if {name, f"{ensemble}.{name}", str(row.get("ref")), str(row.get("ref")).rpartition(":")[2]} & set(enabled)
        }

    def scopes_for(self, refs: Collection[str]) -> dict[str, Limits]:
        """The limits where these strategies run: an ensemble is enabled with any of its members."""
        scope = f"account:{self.account}"
        if not self.enabled:
            return self.scopes
        ids = [ref.rpartition(":")[2] for ref in self.enabled]
        for ref in refs:
            found = strategy_class(ref)
            if issubclass(found, Ensemble) and self._members(id_of(ref, found), found.members):
                ids.append(id_of(ref, found))
        known = self.scopes[scope]
        values = {**known.values, "enabledStrategies": sorted(set(ids))}
        return {**self.scopes, scope: Limits(values, known.version, known.currency)}

    def beside(
        self, others: Mapping[str, Limits], refs: Collection[str], said: Collection[str] = ()
    ) -> dict[str, Limits]:
        """All limits where these strategies run, those of a file of limits among them. said: names of limits that the
        command line has for the account, which hold instead. Raises InputError for one that both files have."""
        scopes = self.scopes_for(refs)
        for scope, limits in others.items():
            known = scopes.get(scope, Limits())
            if twice := sorted(set(known.values) & set(limits.values)):
                raise InputError(f"limits of {scope}: {twice[0]} stands in both files, of settings and of limits")
            scopes = {**scopes, scope: Limits({**known.values, **limits.values}, 1, limits.currency or known.currency)}
        mine = scopes.get(f"account:{self.account}")
        if mine is not None and said:
            rest = {name: value for name, value in mine.values.items() if name not in said}
            scopes = {**scopes, f"account:{self.account}": Limits(rest, 1, mine.currency)}
        return scopes

    def over(self, specified: Sequence[Specified]) -> list[Specified]:
        """Strategies with when they decide; ensembles have it among their parameters."""
        made: list[Specified] = []
        for spec, found in specified:
            own = self.own.get(spec.id, Own())
            decide_on = own.decide_on or str(self.session.get("decideOn", ""))
            seconds = own.cycle_seconds or int(self.session.get("cycleSeconds", 45))
            if decide_on in ("bar", "cycle") and not issubclass(found, Ensemble) and spec.ensemble == "":
                spec = spec._replace(decide_on=decide_on, cycle_seconds=seconds)
            made.append((spec, found))
        return made

    def of_run(self, sizer: str, exits: Mapping[str, Number]) -> dict[str, Any]:
        """What a backtest's options take of it by these names, under the sizer and exits of the command line."""
        return {
            "sizer": sizer or self.sizer, "exits": {**self.exits, **exits}, "sizers": self.sizers(),
            "plans": self.plans(), "sessions": self.sessions(),
        }  # fmt: skip

    def sizers(self) -> dict[str, Sizer]:
        return {f"strategy:{id}": own.sizer for id, own in self.own.items() if own.sizer is not None}

    def plans(self) -> dict[str, ExitPlan]:
        return {f"strategy:{id}": own.plan for id, own in self.own.items() if own.plan is not None}


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────


def configured(file: Path | None, account: str, owner: str = "") -> Settings:
    """The settings of a file, if there is one, for an account. owner: whose it is, "" = the session's user, else its
    own. Raises InputError naming file and key."""
    if file is None:
        return Settings(account, owner or account)
    read = read_file(file)
    try:
        return settings_from(read, account, owner)
    except InputError as error:
        raise InputError(f"{file}: {error}") from error


def settings_from(read: Any, account: str, owner: str = "") -> Settings:
    """What was read, as settings. Raises InputError naming the key."""
    blocks = nested(read)
    session = blocks.get("session", {})
    for name, value in session.items():
        check_key(str(name), value)
    settings = Settings(account, owner or str(session.get("userId", account)))
    own: dict[str, Any] = {}
    for name in OF_ACCOUNT:
        for key, value in blocks.get(name, {}).items():
            _once(own, OF_ACCOUNT[name] + str(key), value, name)
    for name, value in session.items():
        key = KEYS[name]
        if key.limit and not (name == "minConfidence" and not decimal_of(value, name)):
            _once(own, key.limit, value, f"session.{name}")
        if key.exit:
            settings.exits[key.exit] = value
    settings.session = dict(session)
    for name, value in blocks.get("exits", {}).items():
        _once(settings.exits, str(name), value, "exits")
    plan_from(settings.exits)
    limits = {name: blocks[name] for name in ("limits", "executionFilter") if name in blocks}
    settings.scopes = bound(limits, settings.owner)
    _add(settings.scopes, f"account:{account}", own)
    settings.sizer = sizer_text(blocks["sizing"]) if "sizing" in blocks else ""
    settings.own = {str(id): own_of(str(id), block) for id, block in blocks.get("strategies", {}).items()}
    return settings


def nested(read: Any) -> dict[str, Any]:
    """The blocks of a file, dotted keys taken apart. Raises InputError for one that is not known or is no mapping."""
    if not isinstance(read, dict):
        raise InputError(f"it has to be a mapping of {', '.join(BLOCKS)}")
    blocks: dict[str, Any] = {}
    for key, value in read.items():
        name, dot, rest = str(key).partition(".")
        if name not in BLOCKS:
            raise InputError(unknown(name, BLOCKS))
        if dot or isinstance(value, dict):
            known = blocks.setdefault(name, {})
            for inner, said in {rest: value}.items() if dot else value.items():
                if not isinstance(known, dict) or inner in known:
                    raise InputError(f"{name}.{inner} is there twice, by its dotted key and in its block")
                known[inner] = said
        elif name == "sizing":
            if name in blocks:
                raise InputError("sizing is there twice, by dotted keys and as a block")
            blocks[name] = value
        elif value is not None:
            raise InputError(f"{name}: {value!r} is not a mapping")
    return blocks


def own_of(id: str, block: Any) -> Own:
    """What is set for one strategy."""
    if not isinstance(block, dict):
        raise InputError(f"strategies.{id}: {block!r} is not a mapping of {', '.join(OF_STRATEGY)}")
    own = Own()
    for name, value in block.items():
        if name not in OF_STRATEGY:
            raise InputError(f"strategies.{id}.{unknown(str(name), OF_STRATEGY)}")
        if name in KEYS:
            check_key(name, value, f"strategies.{id}")
        elif name != "sizing" and not isinstance(value, dict):
            raise InputError(f"strategies.{id}.{name}: {value!r} is not a mapping")
    own.decide_on = str(block.get("decideOn", ""))
    own.cycle_seconds = int(block.get("cycleSeconds", 0))
    own.parameters = dict(block.get("parameters", {}))
    try:
        own.plan = plan_from(block["exits"]) if "exits" in block else None
        own.sizer = sizer_from(sizer_text(block["sizing"])) if "sizing" in block else None
    except InputError as error:
        raise InputError(f"strategies.{id}: {error}") from error
    return own


def sizer_text(block: Any) -> str:
    """A sizer as the command line names it: as such a text, or as {method, amount} with options."""
    names = ("method", "amount", *OPTIONS)
    if isinstance(block, dict):
        for name in block:
            if name not in names:
                raise InputError(f"sizing.{unknown(str(name), names)}")
        if block.get("method") not in METHODS.values():
            raise InputError(f"sizing.method: {block.get('method')!r} is not one of {', '.join(METHODS.values())}")
        options = [f"{name}={block[name]}" for name in OPTIONS if name in block]
        block = ":".join([str(block["method"]), str(block.get("amount", "")), *options])
    if not isinstance(block, str):
        raise InputError(f"sizing: {block!r} is neither a text like risk_percent:0.5 nor {{method, amount}}")
    try:
        sizer_from(block)
    except InputError as error:
        raise InputError(f"sizing: {error}") from error
    return block


def _once(found: dict[str, Any], name: str, value: Any, where: str) -> None:
    if name in found and found[name] != value:
        raise InputError(f"{where}: {name} is said twice, as {found[name]!r} and as {value!r}")
    found[name] = value


def _add(scopes: dict[str, Limits], scope: str, configured: dict[str, Any]) -> None:
    """Limits of the account from its own blocks, beside those that `limits` has for its scope."""
    if not configured:
        return
    known = scopes.get(scope, Limits())
    for name, value in limits_from(configured).values.items():
        if known.values.get(name, value) != value:
            raise InputError(f"limits.{scope}: {name} is said twice, there and for the account")
        known.values[name] = value
    scopes[scope] = known
