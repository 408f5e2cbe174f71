"""A demo from start to end, and what is said of it afterwards."""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradewright.app.demo import ACCOUNT, DemoOptions, Session
from tradewright.app.home import JOURNAL
from tradewright.app.screen import Screen, money, of_real_accounts
from tradewright.app.stopping import stopped_by_signals
from tradewright.core.engine import Engine
from tradewright.model.control import StrategyHalted, TradingStateSet
from tradewright.model.decision import Decision
from tradewright.model.event import FILLED, Event
from tradewright.model.moment import moment_text
from tradewright.model.numbers import money_text
from tradewright.model.report import Fill
from tradewright.model.tables import table_lines
from tradewright.ports import CrashPoint, no_crash
from tradewright.trader import Outcome


@dataclass(slots=True)
class Summary:
    """What a session did. orders: sent to the venue; rejected: denied here or rejected there; money in `currency`.

    alarm_count, alarms: how many, and the newest of them as sentences. conserved: engine and exchange, each with books
    of its own, agree on every currency to the last unit. halted: strategies that may not decide any more, and why.
    session: the trading session, where settings named one. shadow: what its shadow account says of the strategies,
    table by table.
    """

    orders: int
    fills: int
    denied: int
    rejected: int
    symbols: list[str]
    asset_classes: list[str]
    pnl: int | None
    equity: int | None
    currency: str
    cash: dict[str, str]
    conserved: bool
    explained: list[str]
    journal: str
    records: int
    state_hash: str
    journal_hash: str
    startup_seconds: float
    resumed: int
    remarks: list[str]
    alarm_count: int
    alarms: list[str]
    halted: dict[str, str]
    session: dict[str, Any] | None
    shadow: dict[str, Any]

    @property
    def failures(self) -> list[str]:
        """What a person has to look at before he starts this session again, as sentences."""
        halts = [f"strategy {name} was halted: {why}" for name, why in self.halted.items()]
        return halts if self.conserved else [*halts, "engine and exchange disagree on cash or positions"]

    def row(self) -> dict[str, Any]:
        return {
            "orders": self.orders, "fills": self.fills, "denied": self.denied, "rejected": self.rejected,
            "symbols": self.symbols, "assetClasses": self.asset_classes,
            "pnl": None if self.pnl is None else money_text(self.pnl),
            "equity": None if self.equity is None else money_text(self.equity), "currency": self.currency,
            "cash": self.cash, "conserved": self.conserved, "explained": self.explained, "journal": self.journal,
            "records": self.records, "stateHash": self.state_hash, "journalHash": self.journal_hash,
            "startupSeconds": round(self.startup_seconds, 3), "resumedRecords": self.resumed, "remarks": self.remarks,
            "alarmCount": self.alarm_count, "alarms": self.alarms,
            "halted": self.halted, "session": self.session, **({"shadow": self.shadow} if self.shadow else {}),
        }  # fmt: skip

    def text(self) -> str:
        lines = [
            f"{self.orders} orders, {self.fills} fills, {self.rejected} refused on {len(self.symbols)} symbols",
            f"equity {money(self.equity, self.currency)} {self.currency}, "
            f"P&L {money(self.pnl, self.currency)} {self.currency}; "
            + ("engine and exchange agree to the last unit" if self.conserved else "ENGINE AND EXCHANGE DISAGREE"),
            f"journal {self.journal}: {self.records} records, state {self.state_hash[:16]}…",
            *([] if self.session is None else ["session {id} of {userId}: {status}".format(**self.session)]),
            *(f"HALTED strategy {name} — {why}" for name, why in self.halted.items()),
            *self.remarks,
            *(table_lines(self.shadow) if self.shadow else ()),
        ]
        if self.alarm_count:
            newest = "" if self.alarm_count == len(self.alarms) else f", the newest {len(self.alarms)}"
            lines += [f"{self.alarm_count} alarms{newest}:", *(f"  {alarm}" for alarm in self.alarms)]
        lines += [f"why: {program()} explain {order_id} --journal {self.journal}" for order_id in self.explained]
        return "\n".join(lines)


def program() -> str:
    """How this program can be called again: by its name where a shell finds that, else by the path it was called by."""
    called = sys.argv[0]
    if shutil.which("tradewright") or Path(called).name != "tradewright":
        return "tradewright"
    return min(called, os.path.relpath(called), key=len)


class Explained:
    """Remembers order ids worth asking about: the newest that filled and the newest that was denied. halts: why each
    strategy was halted, as far as it was now."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.filled = ""
        self.denied = ""
        self.halts: dict[str, str] = {}

    def listen(self, event: Event, outcome: Outcome) -> None:
        engine = self.screen.engine
        own = outcome if engine is None else of_real_accounts(engine, event, outcome)
        if own is None:
            return
        outcome = own
        if isinstance(event, TradingStateSet):
            self.halts.pop(event.scope.removeprefix("strategy:"), None)
        for output in outcome.outputs:
            if isinstance(output, Decision) and not output.approved:
                self.denied = output.orders[0].id
            elif isinstance(output, StrategyHalted):
                self.halts[output.strategy] = f"{output.code}: {output.text}"
        if event.kind == FILLED and isinstance(event, Fill):
            self.filled = event.order_id
        self.screen.listen(event, outcome)

    def ids(self) -> list[str]:
        return [order_id for order_id in (self.filled, self.denied) if order_id]


def play(options: DemoOptions, quiet: bool, crash: CrashPoint = no_crash) -> Summary:
    """Run a session to its end; Ctrl-C, SIGTERM or a terminal that goes ends it cleanly, with its summary."""
    began = time.monotonic()
    screen = Screen(ACCOUNT, quiet)
    explained = Explained(screen)
    session = Session(options, explained.listen, crash)
    screen.engine = session.machine.trader.engine
    ready = time.monotonic() - began
    with stopped_by_signals(session.stop, "the same --home"):
        try:
            with screen:
                session.run(screen.tick)
            summary = summary_of(session, explained, ready)
        finally:
            session.close()
    return summary


def session_row(engine: Engine) -> dict[str, Any] | None:
    """The trading session of the account, as its start named it; None where none did."""
    session = engine.sessions.get(ACCOUNT)
    if session is None:
        return None
    return {
        "id": session.id, "userId": session.user, "status": session.status, "settings": dict(session.settings),
        "startedAt": moment_text(session.started),
        "stoppedAt": moment_text(session.stopped) if session.stopped else None, "code": session.code,
    }  # fmt: skip


def summary_of(session: Session, explained: Explained, ready: float) -> Summary:
    """Counts, money and hashes of a session that has stopped feeding."""
    session.live.halt_unstorable()
    session.live.flush()
    machine, engine = session.machine, session.machine.trader.engine
    counts, account = session.live.counts, engine.accounts[ACCOUNT]
    equity = account.equity()
    traded = [
        engine.instruments[index]
        for index in sorted({book.instrument.index for book in engine.ledger.books.values() if book.account == ACCOUNT})
    ]
    head = session.live.journal.head
    return Summary(
        orders=counts.orders, fills=counts.fills, denied=counts.denied, rejected=counts.rejected + counts.denied,
        symbols=[instrument.symbol for instrument in traded],
        asset_classes=sorted({instrument.asset_class for instrument in traded}),
        pnl=None if equity is None else equity - session.deposited(), equity=equity, currency=account.terms.currency,
        cash={currency: money_text(amount) for currency, amount in sorted(engine.ledger.cash[ACCOUNT].items())},
        conserved=not session.disagreements(),
        explained=explained.ids(), journal=str(session.options.folder / JOURNAL), records=head.sequence,
        state_hash=engine.state_hash(), journal_hash=head.hash.hex(), startup_seconds=ready,
        resumed=machine.rebuilt.records, remarks=machine.remarks + session.live.remarks,
        alarm_count=counts.alarms, alarms=list(session.live.alarms),
        halted={name: explained.halts.get(name, why) for name, why in sorted(engine.halted.items())},
        session=session_row(engine),
        shadow={} if engine.board is None else engine.board.tables(),
    )  # fmt: skip
