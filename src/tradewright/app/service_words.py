"""What is said of a service at its start and at its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradewright import __version__
from tradewright.app.agreement import left_alone, let_go, other_versions
from tradewright.app.blueprint import Blueprint
from tradewright.app.build import build
from tradewright.app.config import Config
from tradewright.app.home import JOURNAL
from tradewright.app.screen import money
from tradewright.app.wiring.engine_room import EngineRoom
from tradewright.app.wiring.venues import environment_of, meaning_of, place_of
from tradewright.core.engine import Engine
from tradewright.core.life_cycle import HELD
from tradewright.model.control import TRADING_STATES
from tradewright.model.numbers import money_text, text_of
from tradewright.model.order import ENTRY
from tradewright.model.shadow import is_shadow


def begin_lines(config: Config, plan: Blueprint, room: EngineRoom, folder: Path) -> Iterator[str]:
    """Which program this is, what it trades and by which limits, before anything is reached."""
    found = build()
    compiled = f"compiled, {len(found['compiled'])} modules" if found["compiled"] else "pure Python"
    yield f"tradewright {__version__} ({compiled}; Python {found['python']}), configuration {config.file}"
    head = room.live.journal.head.sequence
    yield f"home {folder}: " + (f"taken up behind record {head}" if head else "a new journal")
    for name, account in config.accounts.items():
        terms = plan.accounts[name]
        yield (
            f"account {name}: {account.venue} {environment_of(account)} at {place_of(account)} — "
            f"{meaning_of(account)}; {terms.mode} {terms.kind}, {terms.currency}, order ids {terms.code}-…, "
            f"{', '.join(account.symbols)}"
        )
    for spec in plan.specs:
        if not spec.ensemble:
            yield f"strategy {spec.id}: account {spec.account}, {', '.join(spec.symbols)}"
    if not plan.specs:
        yield "no strategy: accounts are followed, and nothing is traded"
    setup = plan.setup([])
    if plan.shadow is not None:
        value = money_text(plan.shadow.value)
        yield f"shadow of account {plan.shadow.account}: every signal also trades here on paper, at {value} a position"
    for terms, limits in setup.limits_of_accounts():
        if is_shadow(terms.name):
            continue
        bound = ", ".join(sorted(limits.values)) or "NONE"
        yield f"limits of account {terms.name}: {bound}; off: {', '.join(limits.off())}"
    for scope, limits in sorted(setup.further_limits().items()):
        yield f"limits of {scope}: {', '.join(sorted(limits.values))}"
    for scope, state in sorted(room.trader.engine.states.items()):
        yield f"STATE  {scope} is {TRADING_STATES[state]} since before — {room.trader.engine.causes[scope]}"
    for remark in [*config.remarks, *room.remarks, *left_alone(room.trader.engine)]:
        yield f"REMARK {remark}"
    if room.trader.setup is not None:
        for remark in [*let_go(room.trader.setup, setup), *other_versions(room.trader.setup, setup)]:
            yield f"REMARK {remark}"


@dataclass(frozen=True, slots=True)
class ServiceEnd:
    """What a service did, as it ended. entries: openings of which it is not known that they ended."""

    orders: int
    fills: int
    denied: int
    rejected: int
    alarms: int
    accounts: dict[str, dict[str, Any]]
    entries: list[str]
    journal: str
    records: int
    state_hash: str
    journal_hash: str
    audit: str
    remarks: list[str]

    def row(self) -> dict[str, Any]:
        return {
            "orders": self.orders, "fills": self.fills, "denied": self.denied, "rejected": self.rejected,
            "alarms": self.alarms, "accounts": self.accounts, "entriesLeft": self.entries, "journal": self.journal,
            "records": self.records, "stateHash": self.state_hash, "journalHash": self.journal_hash,
            "audit": self.audit, "remarks": self.remarks,
        }  # fmt: skip

    def text(self) -> str:
        lines = [f"{self.orders} orders, {self.fills} fills, {self.rejected} refused, {self.alarms} alarms"]
        for name, account in self.accounts.items():
            held = ", ".join(f"{size} {symbol}" for symbol, size in account["positions"].items()) or "nothing"
            exits = f"{account['exitsAtVenue']} exits at its venue, {account['exitsHeld']} held here"
            lines.append(f"account {name}: equity {account['shown']}, holds {held}; {exits}")
        lines.append(f"journal {self.journal}: {self.records} records, state {self.state_hash[:16]}…")
        lines.append(f"audit log: head {self.audit}")
        return "\n".join([*lines, *self.remarks])


def end_of(
    plan: Blueprint, room: EngineRoom, folder: Path, remarks: list[str], entries: list[str], audit: str
) -> ServiceEnd:  # fmt: skip
    """The end of a service that has stopped feeding its engine."""
    room.live.halt_unstorable()
    room.live.flush()
    counts, head, engine = room.live.counts, room.live.journal.head, room.trader.engine
    return ServiceEnd(
        counts.orders, counts.fills, counts.denied, counts.rejected + counts.denied, counts.alarms,
        {name: _account(engine, name) for name in plan.accounts if name in engine.accounts}, entries,
        str(folder / JOURNAL), head.sequence, engine.state_hash(), head.hash.hex(), audit,
        [*remarks, *room.live.remarks, *_unguarded(engine)],
    )  # fmt: skip


def _unguarded(engine: Engine) -> list[str]:
    """That exits which wait here guard nothing from now on."""
    held = [id for id in engine.exits if not is_shadow(engine.orders[id].order.account)]
    return [f"{len(held)} exits are held here, and guard nothing until the next start"] if held else []


def _account(engine: Engine, name: str) -> dict[str, Any]:
    account = engine.accounts[name]
    equity = account.equity()
    exits = [id for id, hold in engine.holds.holds.items() if hold.order.account == name and hold.order.role != ENTRY]
    held = [id for id in exits if engine.orders[id].stage == HELD]
    return {
        "equity": None if equity is None else money_text(equity),
        "shown": f"{money(equity, account.terms.currency)} {account.terms.currency}",
        "positions": {
            one.instrument.symbol: text_of(one.net, one.instrument.size_scale) for one in account.positions if one.net
        },
        "exitsAtVenue": len(exits) - len(held),
        "exitsHeld": len(held),
    }  # fmt: skip
