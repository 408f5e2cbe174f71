"""What a configuration makes of the engine: accounts with their terms, strategies, limits, sizes, exits and sessions.

A start journals it. It needs no network, so that a configuration can be checked without one."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tradewright import __version__
from tradewright.app.config import Config, account_of
from tradewright.app.config_keys import OF_ALL, OF_EACH
from tradewright.app.settings import Settings, settings_from
from tradewright.app.wiring.shadows import options_of, shadow_models
from tradewright.app.wiring.venues import check_addresses, terms_of, told_of
from tradewright.backtest.strategy_source import Specified, specifications
from tradewright.core.exposure import parts_of
from tradewright.core.limits import Limits
from tradewright.core.session import Session, scope_of
from tradewright.core.setup import Setup, StrategySpec
from tradewright.core.stations import check_parameters
from tradewright.core.trading_state import NOTICES, unfed
from tradewright.model.account import Account, new_code
from tradewright.model.errors import InputError
from tradewright.model.exit_plan import ExitPlan, plan_from
from tradewright.model.foreign import EXTERNAL
from tradewright.model.instrument import Instrument
from tradewright.model.shadow import ShadowTerms, shadow_account, terms_from
from tradewright.model.sizer import Sizer, sizer_from
from tradewright.trader.scoring import check_bounds_of

SECOND_NS = 1_000_000_000
_KEY = re.compile(r"[\w.-]+")


@dataclass(slots=True)
class Blueprint:
    """accounts: by name. specified: strategies with their classes. tokens: of the leases under which the accounts are
    traded, by account. told: by account, limits that ask for what its venue says, which it does. The rest as
    `core.setup` has it."""

    accounts: dict[str, Account] = field(default_factory=dict)
    specified: list[Specified] = field(default_factory=list)
    scopes: dict[str, Limits] = field(default_factory=dict)
    sizers: dict[str, Sizer] = field(default_factory=dict)
    plans: dict[str, ExitPlan] = field(default_factory=dict)
    sessions: list[tuple[str, str, list[list[Any]]]] = field(default_factory=list)
    shadow: ShadowTerms | None = None
    tokens: dict[str, int] = field(default_factory=dict)
    told: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def specs(self) -> list[StrategySpec]:
        return [spec for spec, _ in self.specified]

    def poll_seconds(self, name: str) -> float | None:
        """How often an account's venue is asked where it tells of nothing by itself: the shortest of the scopes that
        hold the account as a whole; None = none says."""
        terms = self.accounts[name]
        mine = {("owner", terms.owner), ("venue", terms.venue), ("account", name)}
        said = [
            limits.get("exposurePollIntervalSec")
            for scope, limits in self.scopes.items()
            if limits.has("exposurePollIntervalSec") and {*parts_of(scope).items()} <= mine
        ]
        return min(said) / SECOND_NS if said else None

    def setup(self, instruments: Sequence[Instrument]) -> Setup:
        """All of it, with what is traded."""
        accounts: list[tuple[Account, list[tuple[str, int]]]] = [(terms, []) for terms in self.accounts.values()]
        plans = self.plans
        if self.shadow is not None:
            own, beside = f"account:{self.shadow.account}", f"account:{self.shadow.name}"
            accounts.append((shadow_account(self.accounts[self.shadow.account], self.shadow), []))
            plans = plans | ({beside: plans[own]} if own in plans else {})
        notes = {"feed": "venues", "version": __version__}
        notes |= {f"lease of {name}": str(token) for name, token in self.tokens.items()}
        return Setup(
            list(instruments), accounts, self.specs, notes, self.sizers, self.scopes, plans, self.sessions,
            self.shadow,
        )  # fmt: skip

    def row(self, instruments: Sequence[Instrument]) -> list[Any]:
        """The same as a journal gives it back."""
        return msgspec.json.decode(msgspec.json.encode(self.setup(instruments).row()), type=list[Any])


@dataclass(slots=True)
class SessionTerms:
    """What the settings of a session make of its account. limits: the session's own; plan: None = no exits."""

    limits: Limits
    plan: ExitPlan | None
    specified: list[Specified]


def session_of(config: Config, name: str, given: Mapping[str, Any]) -> SessionTerms:
    """The settings of a session (`settings_keys.KEYS` but for its user) on an account, over what the configuration has
    for it; what the configuration limits, it limits all the same. Raises InputError as for the configuration's own."""
    settings, own = _settings(config, name), settings_from({"session": dict(given)}, name, config.accounts[name].owner)
    settings.session = {**settings.session, **own.session}
    made = Blueprint()
    _strategies(config, name, settings, made)
    limits = own.scopes_for([spec.ref for spec in made.specs]).get(f"account:{name}", Limits())
    exits = {**settings.exits, **own.exits}
    return SessionTerms(limits, plan_from(exits) if exits else None, made.specified)


def _go_on(config: Config, session: Session, made: Blueprint) -> None:
    """A session that its user has begun goes on with the settings that he gave it."""
    name, scope = session.account, scope_of(session.account)
    terms = session_of(config, name, dict(session.settings))
    made.specified = [one for one in made.specified if one[0].account != name] + terms.specified
    if terms.limits.values:
        made.scopes[scope] = terms.limits
    if terms.plan is not None:
        made.plans[f"account:{name}"] = terms.plan
    made.sessions = [row for row in made.sessions if row[0] != name]
    made.sessions.append((name, session.user, [[key, value] for key, value in session.settings]))


def blueprint_of(config: Config, codes: Mapping[str, str], begun: Iterable[Session] = ()) -> Blueprint:
    """codes: of accounts that have been opened before, by name; begun: the sessions there, of which those that users
    have begun go on. Raises InputError with file, line and key."""
    made = Blueprint()
    for name, account in config.accounts.items():
        settings = _settings(config, name)
        with config.placed(f"accounts.{name}"):
            check_addresses(name, account)
            terms = terms_of(name, codes.get(name) or _free_code(name, codes, made), account, settings.owner)
        made.accounts[name], made.told[name] = terms, told_of(config, name)
        _strategies(config, name, settings, made)
        refs = [spec.ref for spec in made.specs if spec.account == name]
        for scope, limits in settings.scopes_for(refs).items():
            _, _, other = scope.partition("account:")
            # What the file has for another account by its name, that account's own settings have too, and more.
            if scope != f"account:{other}" or other == name or other not in config.accounts:
                made.scopes[scope] = limits
        if settings.sizer:
            made.sizers[f"account:{name}"] = sizer_from(settings.sizer)
        if settings.exits:
            made.plans[f"account:{name}"] = plan_from(settings.exits)
        made.sizers |= settings.sizers()
        made.plans |= settings.plans()
        made.sessions += settings.sessions()
        if account.shadow is not None:
            with config.placed(f"accounts.{name}.shadow"):
                made.shadow = terms_from(terms, options_of(account.shadow))
                shadow_models(account, terms, made.shadow)
    for session in begun:
        if session.who and session.account in config.accounts:
            _go_on(config, session, made)
    doubled = [one for one in made.accounts.values() for other in made.accounts.values() if _alike(one, other)]
    if doubled:
        raise InputError(f"{config.file}: the order ids of two accounts begin with {doubled[0].code}")
    if made.shadow is not None:
        with config.placed(f"accounts.{made.shadow.account}.shadow"):
            if any(terms.code == made.shadow.code for terms in made.accounts.values()):
                raise InputError(f"order ids of another account begin with {made.shadow.code}, as its own would")
            check_bounds_of(made.setup([]))
    with config.placed("limits"):
        check_parameters(made.setup([]))
        for sentence in unfed(made.setup([]), NOTICES, made.told):
            raise InputError(sentence)
    return made


def _free_code(name: str, codes: Mapping[str, str], made: Blueprint) -> str:
    """A code for a new account that no other one has: of names that begin alike, those of the seconds that follow."""
    taken = {*codes.values(), *(terms.code for terms in made.accounts.values())}
    now = time.time_ns()
    while (code := new_code(name, now)) in taken:
        now += SECOND_NS
    return code


def _alike(one: Account, other: Account) -> bool:
    return one is not other and one.code == other.code


def _settings(config: Config, name: str) -> Settings:
    """The settings of an account: what stands beside the accounts, and what it has of its own over that."""
    account, read = config.accounts[name], {}
    for key in OF_EACH:
        common, own = getattr(config.block, key), getattr(account, key)
        if isinstance(common, dict) and isinstance(own, dict) and key != "sizing":
            own = {**common, **own}
        if own is not None or common is not None:
            read[key] = common if own is None else own
    for key, value in zip(OF_ALL, (config.block.limits, config.block.execution_filter), strict=True):
        if value is not None:
            read[key] = value
    read["strategies"] = {id: _own(config, id) for id in config.block.strategies if account_of(config, id) == name}
    try:
        return settings_from(read, name, account.owner)
    except InputError as error:
        found = _KEY.match(str(error))
        path = found[0] if found else ""
        own_path = f"accounts.{name}.{path}"
        at = own_path if config.places.at(own_path) != config.places.at(f"accounts.{name}") else path
        raise InputError(f"{config.places.at(at)}: {error}") from error


def _own(config: Config, id: str) -> dict[str, Any]:
    """A strategy's block, as a file of settings has it."""
    block = config.block.strategies[id]
    own = {
        "decideOn": block.decide_on, "cycleSeconds": block.cycle_seconds, "exits": block.exits, "sizing": block.sizing,
        "parameters": block.parameters,
    }  # fmt: skip
    return {key: value for key, value in own.items() if value not in (None, "", 0, {})}


def _strategies(config: Config, name: str, settings: Settings, made: Blueprint) -> None:
    specified: list[Specified] = []
    for id, block in config.block.strategies.items():
        if account_of(config, id) != name:
            continue
        with config.placed(f"strategies.{id}"):
            if id == EXTERNAL:
                raise InputError(f"strategies.{id}: that is what others trade goes by; call it something else")
            ref = _ref(config, block.strategy or id)
            symbols = tuple(block.symbols or config.accounts[name].symbols)
            parameters = settings.parameters(ref, dict(block.parameters))
            specified += specifications(ref, name, symbols, parameters, id)
    made.specified += settings.over(specified)


def _ref(config: Config, ref: str) -> str:
    """A file of strategies is looked for from the configuration's folder on."""
    path, separator, found = ref.rpartition(":")
    return f"{config.file.parent / path}:{found}" if separator else ref
