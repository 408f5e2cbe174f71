"""What the controls did in a span of time, told from a journal alone: the yearly self-assessment of whoever trades.

How often each rule was asked, refused, could not know and was waived; which limits held, since when, by whom and why;
who or what stopped trading and let it go on; which programs and versions of strategies ran; what a person was told of.
Neither configuration nor tables nor audit log are read: what the journal does not say has not happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tradewright.app.history import groups_of
from tradewright.app.limits import canaries_of, set_row, waiver_row
from tradewright.app.wiring.journals import verify
from tradewright.core.blotter import Blotter
from tradewright.core.canary import version_of
from tradewright.core.limits import LIMITS
from tradewright.core.setup import Setup
from tradewright.core.stations import RULES
from tradewright.explain import REFUSING
from tradewright.model.at_open import OpeningJudged
from tradewright.model.command import Submit
from tradewright.model.control import (
    TRADING_STATES,
    Alarm,
    LimitsExpired,
    LimitsSet,
    LimitWaived,
    ModifyJudged,
    SessionStopped,
    Started,
    StrategyHalted,
    TradingStateChanged,
    TradingStateSet,
)
from tradewright.model.decision import Check, Decision
from tradewright.model.event import FILLED, REJECTED, SUBMIT, Event
from tradewright.model.moment import moment_text
from tradewright.model.report import Report
from tradewright.model.shadow import is_shadow
from tradewright.trader import Trader

COUNTS = ("decisions", "approved", "refused", "sent", "fills", "refusedByVenues")
_COUNTED = {SUBMIT: "sent", FILLED: "fills", REJECTED: "refusedByVenues"}
#: How the note of a check begins that would have refused (`Gate`).
_WAIVED = ", waived by "


@dataclass(slots=True)
class Control:
    """A rule over the span. asked: verdicts; refused; unknown: of those, how many for want of a value; waived: what it
    would have refused. first, last: of its refusals. limits: names that switch it on, none = it always stands; scopes:
    where one of them is set at the end."""

    code: str
    station: str = ""
    limits: list[str] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    asked: int = 0
    refused: int = 0
    unknown: int = 0
    waived: int = 0
    first: str | None = None
    last: str | None = None

    def take(self, check: Check, time: int) -> None:
        self.station = check.station
        self.asked += 1
        self.waived += _WAIVED in check.note
        if check.passed:
            return
        self.refused += 1
        self.unknown += check.value is None and check.limit is not None
        self.last = moment_text(time)
        self.first = self.first or self.last


@dataclass(slots=True)
class Assessment:
    """begin, end: of the inputs it covers, ns UTC, 0 = there was none."""

    begin: int = 0
    end: int = 0
    inputs: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    controls: dict[str, Control] = field(default_factory=lambda: {code: Control(code) for code in REFUSING})
    starts: list[dict[str, Any]] = field(default_factory=list)
    limits: list[dict[str, Any]] = field(default_factory=list)
    waivers: list[dict[str, Any]] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=list)
    halted: list[dict[str, Any]] = field(default_factory=list)
    alarms: Counter[str] = field(default_factory=Counter)

    def take(self, event: Event, outputs: Sequence[Event], engine: Blotter) -> None:
        """An input with what was made of it; both are folded by now."""
        self.begin = self.begin or event.time
        self.end = max(self.end, event.time)
        self.inputs += 1
        for one in (event, *outputs):
            self._count(one, engine)
            self._note(one, engine)

    def _count(self, event: Event, engine: Blotter) -> None:
        if isinstance(event, Decision):
            if not is_shadow(event.account):
                self.counts["decisions"] += 1
                self.counts["approved" if event.approved else "refused"] += 1
                self._judged(event.checks, event.time)
        elif isinstance(event, ModifyJudged | OpeningJudged):
            self._judged(event.verdicts, event.time)
        elif isinstance(event, Alarm):
            self.alarms[event.code] += 1
        elif isinstance(event, Submit | Report) and event.kind in _COUNTED:
            state = engine.orders.get(event.order_id)
            if state is not None and not is_shadow(state.order.account):
                self.counts[_COUNTED[event.kind]] += 1

    def _judged(self, checks: Iterable[Check], time: int) -> None:
        for check in checks:
            self.controls.setdefault(check.code, Control(check.code)).take(check, time)

    def _note(self, event: Event, engine: Blotter) -> None:
        time = moment_text(event.time)
        if isinstance(event, Started):
            self.starts.append(_start_row(event))
            begun = {scope: limits for scope, limits in engine.gate.limits.items() if limits.since == event.time}
            self.limits += [{"time": time, "ended": False, **set_row(*one)} for one in sorted(begun.items())]
        elif isinstance(event, LimitsSet | LimitsExpired):
            row = set_row(event.scope, engine.gate.limits[event.scope])
            self.limits.append({"time": time, "ended": isinstance(event, LimitsExpired), **row})
        elif isinstance(event, LimitWaived):
            self.waivers.append(waiver_row(event))
        elif isinstance(event, TradingStateSet):
            self._stated(time, event.scope, event.state, event.who, event.reason)
        elif isinstance(event, TradingStateChanged):
            self._stated(time, event.scope, event.state, "", event.code)
        elif isinstance(event, SessionStopped):
            self._stated(time, f"account:{event.account}", None, "", event.code)
        elif isinstance(event, StrategyHalted):
            self.halted.append({"time": time, "strategy": event.strategy, "code": event.code, "text": event.text})

    def _stated(self, time: str, scope: str, state: int | None, who: str, why: str) -> None:
        named = "SESSION STOPPED" if state is None else TRADING_STATES[state]
        self.states.append({"time": time, "scope": scope, "state": named, "who": who or None, "reason": why})

    def close(self, engine: Blotter) -> None:
        """What stands at the end."""
        for rule in RULES:
            control = self.controls[rule.code]
            control.station = rule.station
            switches = [rule.limit, *(rule.also if rule.switches else ())] if rule.limit else []
            control.limits += [name for name in switches if name not in control.limits]
            held = [scope for scope, limits in sorted(engine.gate.limits.items()) if rule.names(limits)]
            control.scopes += [scope for scope in held if rule.limit and scope not in control.scopes]

    def row(self, folder: Path, engine: Blotter) -> dict[str, Any]:
        """All of it, JSON-ready."""
        sets = [set_row(scope, limits) for scope, limits in sorted(engine.gate.limits.items())]
        used = {name for one in sets for name in one["limits"]}
        head = verify(folder)
        return {
            "journal": str(folder), "records": head.sequence, "chain": head.hash.hex(), "inputs": self.inputs,
            "from": moment_text(self.begin) if self.begin else None,
            "to": moment_text(self.end) if self.end else None,
            "orders": {name: self.counts[name] for name in COUNTS},
            "controls": [asdict(control) for control in self.controls.values()],
            "limits": sets, "unset": [name for name in LIMITS if name not in used],
            "changes": self.limits, "waivers": self.waivers, "states": self.states, "halted": self.halted,
            "alarms": dict(sorted(self.alarms.items())), "starts": self.starts, "canaries": canaries_of(engine),
        }  # fmt: skip


def _start_row(event: Started) -> dict[str, Any]:
    setup = Setup.from_row(event.setup)
    return {
        "time": moment_text(event.time), "run": event.run, "program": setup.notes.get("version"),
        "strategies": {spec.id: version_of(setup, spec) for spec in setup.strategies if not spec.ensemble},
    }  # fmt: skip


def assessed(folder: Path, since: int | None = None, until: int | None = None) -> dict[str, Any]:
    """The assessment of a journal's inputs from `since` to before `until`, ns UTC, None = all of them. What stands at
    the end is as of then. Raises JournalError for a journal that can not be trusted."""
    trader, found = Trader(None), Assessment()
    for _, event, outputs in groups_of(folder, trader, None):
        if until is not None and event.time >= until:
            break
        trader.follow(event, outputs)
        if since is None or event.time >= since:
            found.take(event, outputs, trader.engine)
    found.close(trader.engine)
    return found.row(folder, trader.engine)


def text_of(row: dict[str, Any]) -> str:
    """An assessment for a reader."""
    counts = ", ".join(f"{count} {name}" for name, count in row["orders"].items())
    lines = [
        f"{row['journal']}: {row['records']} records, chain {row['chain'][:16]}…, its hashes hold",
        f"{row['from'] or '-'} to {row['to'] or '-'}: {counts}",
        "controls (asked, refused, of these unknown, waived)",
    ]
    lines += [f"  {_control_line(control)}" for control in row["controls"] if control["asked"] or not control["limits"]]
    idle = [control["code"] for control in row["controls"] if control["limits"] and not control["asked"]]
    lines.append(f"never asked: {', '.join(idle) or 'none'}")
    lines.append(f"limits that no scope sets: {', '.join(row['unset']) or 'none'}")
    for one in row["limits"]:
        terms = ", ".join(f"{name} {value}" for name, value in one["limits"].items()) or "none"
        lines.append(f"limits of {one['scope']}, version {one['version']} since {one['since']}: {terms}")
    for one in row["changes"]:
        what = "ended" if one["ended"] else f"set by {one['who']}: {one['reason']}"
        lines.append(f"{one['time']}  limits of {one['scope']} {what}, version {one['version']}")
    for one in row["waivers"]:
        who = f"{one['who']} and {one['second']}: {one['reason']}"
        lines.append(f"{one['since']}  {one['limit']} of {one['scope']} waived until {one['until']} by {who}")
    for one in row["states"]:
        who = f" by {one['who']}" if one["who"] else ""
        lines.append(f"{one['time']}  {one['scope']} {one['state']}{who}: {one['reason']}")
    lines += [f"{one['time']}  strategy {one['strategy']} halted: {one['code']} {one['text']}" for one in row["halted"]]
    lines += [f"alarm {code}: {count}" for code, count in row["alarms"].items()]
    for one in row["starts"]:
        ran = ", ".join(f"{id} {version[:12]}" for id, version in one["strategies"].items()) or "no strategies"
        lines.append(f"{one['time']}  start {one['run']}, program {one['program'] or 'unknown'}: {ran}")
    return "\n".join(lines)


def _control_line(control: dict[str, Any]) -> str:
    numbers = f"{control['asked']}, {control['refused']}, {control['unknown']}, {control['waived']}"
    last = f", last {control['last']}" if control["last"] else ""
    scopes = f" [{', '.join(control['scopes'])}]" if control["scopes"] else ""
    return f"{control['code']} {numbers}{last}{scopes}"
