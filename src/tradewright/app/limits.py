"""What persons ask of the limits of a running engine: others for a scope, a waiver of a soft one, and what is set.

What is asked names the limits that change; the core is told the whole set that a scope has from then on, so that a
record says all that holds. Values are those of a file of limits, numbers as texts or as they are. Nothing that can not
hold is journaled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any

import msgspec

from tradewright.core.blotter import Blotter
from tradewright.core.canary import scope_of
from tradewright.core.exposure import CANARY, parts_of
from tradewright.core.gate import Use
from tradewright.core.limits import CANARY_DAYS, LIMITS, PRICE_SCALE, QUANTITY_SCALE, Limits, limits_from
from tradewright.core.stations import check_beside
from tradewright.core.trading_state import NOTICES, why_unfed
from tradewright.explain import unit_text
from tradewright.model.control import LimitsSet, LimitWaived
from tradewright.model.errors import ContractError, InputError
from tradewright.model.moment import moment_of, moment_text
from tradewright.model.numbers import MONEY_SCALE, text_of

Name = Annotated[str, msgspec.Meta(min_length=1)]


class LimitsAsked(msgspec.Struct, tag_field="ask", tag="limits", forbid_unknown_fields=True):
    """Other limits for a scope: values by name, None = off; those that it does not name stay. until: the moment of the
    engine's clock (ISO 8601) at which what held before holds again, "" = for good. Without a limit it ends what was set
    until a moment, or canary limits, which confirms the version that they are for."""

    scope: str
    limits: dict[str, Any]
    who: Name
    reason: Name
    until: str = ""


class WaiverAsked(msgspec.Struct, tag_field="ask", tag="waiver", forbid_unknown_fields=True):
    """Two persons let pass what a soft limit of a scope would refuse, until a moment of the engine's clock."""

    scope: str
    limit: str
    who: Name
    second: Name
    reason: Name
    until: str


class ShownAsked(msgspec.Struct, tag_field="ask", tag="show_limits", forbid_unknown_fields=True):
    """What is set, and what is used of it. who: looks."""

    who: Name


LimitsWish = LimitsAsked | WaiverAsked


# ── as inputs ──────────────────────────────────────────────────────────────────────────────────────────────────────


def event_of(asked: LimitsWish, engine: Blotter, told: Mapping[str, Collection[str]]) -> LimitsSet | LimitWaived:
    """The input that carries out what is asked. told: as `trading_state.unfed` has it. Raises InputError where it can
    not hold; whether the names of its scope are there, the trader sees before it journals anything."""
    try:
        if isinstance(asked, WaiverAsked):
            end = moment_of(asked.until, "until")
            waiver = LimitWaived(engine.now, asked.scope, asked.limit, asked.who, asked.second, asked.reason, end)
            engine.gate.check_waiver(waiver)
            return waiver
        event = _set(asked, engine, told)
        engine.gate.check_set(event)
        return event
    except ContractError as error:
        raise InputError(str(error)) from error


def _set(asked: LimitsAsked, engine: Blotter, told: Mapping[str, Collection[str]]) -> LimitsSet:
    known = engine.gate.limits.get(asked.scope, Limits(version=0))
    lasting = known if known.expires == 0 else known.under or Limits()
    end = moment_of(asked.until, "until") if asked.until else 0
    if known.expires and not end and asked.limits:
        raise InputError(
            f"limits of {asked.scope}: until {moment_text(known.expires)} others lie over them; change those with an "
            "end, or end them first by a set without a limit"
        )
    canary = CANARY in parts_of(asked.scope)
    if not asked.limits and (end or not (known.values if canary else known.expires)):
        raise InputError(f"limits of {asked.scope}: no limit is named")
    before = (known.values if known.expires else {}) if end else lasting.values
    values = {} if canary and not asked.limits else _changed(asked, before)
    accounts = [account.terms for account in engine.accounts.values()]
    for name in [name for name, value in asked.limits.items() if name in NOTICES and value is not None]:
        why = why_unfed(asked.scope, name, accounts, told, NOTICES[name])
        if why:
            raise InputError(f"limits of {asked.scope}: {why}")
    check_beside(asked.scope, Limits(values, under=lasting if end else None))
    return LimitsSet(
        engine.now, asked.scope, sorted(values.items()), known.version + 1, lasting.currency, asked.who, asked.reason,
        end,
    )  # fmt: skip


def _changed(asked: LimitsAsked, before: dict[str, Any]) -> dict[str, Any]:
    """The exact limits that become of those before. Raises InputError for one that is none, and for taking off what is
    not there: it would change nothing."""
    exact = limits_from({name: value for name, value in asked.limits.items() if value is not None}).values
    off = [name for name, value in asked.limits.items() if value is None]
    for name in off:
        if name not in before:
            raise InputError(f"limits of {asked.scope}: {name} can not be taken off, it is not set there")
    return {name: value for name, value in {**before, **exact}.items() if name not in off}


# ── as answers ─────────────────────────────────────────────────────────────────────────────────────────────────────

#: Scale of a limit's exact count by its unit, where that is a plain decimal.
_SCALES = {"money": MONEY_SCALE, "quantity": QUANTITY_SCALE, "ppm": 4, "ns": 9, "share": 6, "ms": 6, "ratio": 6}


def configured(name: str, value: Any) -> Any:
    """An exact limit as a file of limits has it; `core.limits.limits_from` is the inverse. Decimals as texts."""
    unit = LIMITS[name][0]
    if unit in _SCALES:
        return text_of(value, _SCALES[unit])
    if unit == "minutes":
        return text_of(value // 60, 9)
    if unit == "price":
        count, points = value
        return {"points": count} if points else text_of(count, PRICE_SCALE)
    return True if unit == "flag" else value


def answer_of(event: LimitsSet | LimitWaived, engine: Blotter) -> dict[str, Any]:
    """What is in force by it."""
    if isinstance(event, LimitWaived):
        return waiver_row(event)
    return set_row(event.scope, engine.gate.limits[event.scope])


def set_row(scope: str, limits: Limits) -> dict[str, Any]:
    """The limits of a scope, with those that they lie over."""
    return {
        "scope": scope,
        "version": limits.version,
        "who": limits.who,
        "reason": limits.reason,
        "since": moment_text(limits.since),
        "until": moment_text(limits.expires) if limits.expires else None,
        "currency": limits.currency,
        "limits": {name: configured(name, limits.values[name]) for name in LIMITS if name in limits.values},
        "under": None if limits.under is None else set_row(scope, limits.under),
    }


def waiver_row(waiver: LimitWaived) -> dict[str, Any]:
    return {
        "scope": waiver.scope,
        "limit": waiver.limit,
        "who": waiver.who,
        "second": waiver.second,
        "reason": waiver.reason,
        "since": moment_text(waiver.time),
        "until": moment_text(waiver.expires),
    }


def waivers_of(engine: Blotter) -> list[LimitWaived]:
    """Those that let something pass now."""
    found = sorted(engine.gate.waivers.items())
    return [waiver for key, waiver in found if engine.gate.waived(*key) > engine.now]


def use_row(use: Use, engine: Blotter) -> dict[str, Any]:
    # No use is counted in prices or sizes, the only units that ask which instrument's.
    instrument = engine.instruments[0]
    return {
        "scope": use.scope,
        "name": use.name,
        "code": use.code,
        "value": unit_text(use.value, use.unit, instrument),
        "limit": unit_text(use.limit, use.unit, instrument),
        "usedPercent": None if use.ppm is None else text_of(use.ppm, 4),
    }


def canaries_of(engine: Blotter) -> list[dict[str, Any]]:
    """Versions of strategies that canary limits bind: on how many days each has traded, and after how many it has
    proved itself, None = it takes a person."""
    limits, canaries = engine.gate.limits, engine.gate.canaries
    found = []
    for id, running in sorted(canaries.running.items()):
        mine, seen = limits.get(scope_of(id)), canaries.of(id)
        if mine is not None and mine.values and seen is not None:
            found.append({"strategy": id, "version": running.version, "days": seen.days, "of": mine.get(CANARY_DAYS)})
    return found


def shown(engine: Blotter) -> dict[str, Any]:
    """All of it: sets by scope, waivers, versions that are new, and how much of each limit is used."""
    return {
        "now": moment_text(engine.now),
        "sets": [set_row(scope, limits) for scope, limits in sorted(engine.gate.limits.items())],
        "waivers": [waiver_row(waiver) for waiver in waivers_of(engine)],
        "canaries": canaries_of(engine),
        "utilisation": [use_row(use, engine) for use in engine.utilisation()],
    }


def text_of_answer(answer: dict[str, Any]) -> str:
    """The same as sentences."""
    if "second" in answer:
        return _text_of_waiver(answer)
    if "sets" not in answer:
        return "\n".join(_lines_of_set(answer, {}))
    used = {(use["scope"], use["name"]): use for use in answer["utilisation"]}
    lines = [f"limits at {answer['now']}"]
    for one in answer["sets"]:
        lines += _lines_of_set(one, used)
    lines += [_text_of_waiver(waiver) for waiver in answer["waivers"]]
    lines += [_text_of_canary(one) for one in answer["canaries"]]
    return "\n".join(lines)


def _text_of_canary(row: dict[str, Any]) -> str:
    days = f"{row['days']} days" if row["of"] is None else f"{row['days']} of {row['of']} days"
    return f"{row['strategy']}: its version {row['version']} is new and has traded on {days}"


def _text_of_waiver(row: dict[str, Any]) -> str:
    who = f"{row['who']} and {row['second']}"
    return f"{row['scope']}: {row['limit']} is waived until {row['until']}, by {who}: {row['reason']}"


def _lines_of_set(row: dict[str, Any], used: dict[tuple[str, str], dict[str, Any]], under: str = "") -> Iterator[str]:
    end = f" until {row['until']}" if row["until"] else ""
    yield f"{under}{row['scope']}: version {row['version']} since {row['since']}{end}, by {row['who']}: {row['reason']}"
    for name, value in row["limits"].items():
        use = used.get((row["scope"], name))
        taken = "" if use is None else f"  ({use['value']} of {use['limit']} used, {use['usedPercent'] or 'unknown'} %)"
        yield f"  {name} {value}{taken}"
    if not row["limits"]:
        yield "  none"
    if row["under"] is not None:
        yield from _lines_of_set(row["under"], used, "under it ")
