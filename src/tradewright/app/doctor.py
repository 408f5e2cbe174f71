"""A look at the machine and the newest run: what is well, what is not, and which limits are off. With a service's
configuration also at what its start would meet (`app.checkup`)."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from tradewright.app.agreement import disagreements
from tradewright.app.build import build
from tradewright.app.checkup import checkup
from tradewright.app.config import Config
from tradewright.app.history import fold
from tradewright.app.home import JOURNAL, SHADOW, home, newest_run, paper_book
from tradewright.app.serving import checked, home_of
from tradewright.app.wiring.journals import check_sqlite, holder_of, verify
from tradewright.core.engine import Engine
from tradewright.core.life_cycle import HELD
from tradewright.core.setup import Setup
from tradewright.model.control import TRADING_STATES
from tradewright.model.errors import InputError, JournalError
from tradewright.model.moment import moment_text
from tradewright.model.shadow import is_shadow
from tradewright.sim.paper import read_book
from tradewright.trader import Trader

#: Below this a journal could fill the disk within a day of a busy market.
DISK_FREE_MIN = 1 << 30


@dataclass(slots=True)
class Findings:
    """Each finding: (what was looked at, whether it is well, a sentence)."""

    items: list[tuple[str, bool, str]] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return all(well for _, well, _ in self.items)

    def add(self, name: str, well: bool, sentence: str) -> None:
        self.items.append((name, well, sentence))

    def row(self) -> dict[str, Any]:
        return {"good": self.good, "checks": [{"name": n, "good": w, "text": s} for n, w, s in self.items]}

    def text(self) -> str:
        return "\n".join(f"{'ok  ' if well else 'BAD '} {name}: {sentence}" for name, well, sentence in self.items)


def examine(given: Path | None, config: Config | None = None) -> Findings:
    """Everything that can be looked at without changing anything. config: of a service, whose home and venues are
    looked at too. Raises InputError for a configuration with which it could not begin."""
    findings = Findings()
    if config is not None:
        given = home_of(config, given)
    found = build()
    modules = len(found["compiled"])
    findings.add("build", True, f"{found['mode']}, {modules} compiled modules, Python {found['python']}")
    _sqlite(findings, apsw.sqlite_lib_version())
    _disk(findings, home(given))
    if config is not None:
        plan = checked(config).plan
        findings.items += checkup(config, plan)
        _off(findings, plan.setup([]))
        if (home(given) / JOURNAL).is_dir():
            _journal(findings, home(given) / JOURNAL)
        else:
            findings.add("run", True, f"nothing has run in {given} yet")
        return findings
    if given is not None and not given.exists():
        findings.add("run", False, f"{given} is not there; `tradewright demo --home {given}` would make it")
        return findings
    try:
        run = newest_run(given)
    except InputError as nothing:
        findings.add("run", True, str(nothing))
        return findings
    trader = _journal(findings, run / JOURNAL)
    if trader is not None and trader.setup is not None:
        _off(findings, trader.setup)
    return findings


def _sqlite(findings: Findings, version: str) -> None:
    try:
        check_sqlite(version)
    except JournalError as error:
        findings.add("sqlite", False, str(error))
    else:
        findings.add("sqlite", True, f"{version}, new enough for a journal")


def _disk(findings: Findings, folder: Path) -> None:
    existing = folder
    while not existing.exists():
        existing = existing.absolute().parent
    free = shutil.disk_usage(existing).free
    findings.add(
        "disk", free >= DISK_FREE_MIN, f"{free / 2**30:.1f} GiB free where {folder} is (at least 1 GiB is wanted)"
    )


def _off(findings: Findings, setup: Setup) -> None:
    for account, limits in setup.limits_of_accounts():
        if not is_shadow(account.name):
            findings.add("limits", True, f"account {account.name}: off are {', '.join(limits.off()) or 'none'}")


def _journal(findings: Findings, journal: Path) -> Trader | None:
    """What it tells, folded; None where it can not be trusted."""
    try:
        head = verify(journal)
        findings.add("journal", True, f"{journal}: {head.sequence} records, chain {head.hash.hex()[:16]}…")
    except JournalError as error:
        findings.add("journal", False, str(error))
        return None
    holder = holder_of(journal / "lock")
    findings.add("lock", True, "no engine holds this journal" if holder is None else f"held by {holder}")
    folded = fold(journal)
    for name, why in folded.halted.items():
        findings.add("strategy", False, f"{name} is halted: {why}")
    assert folded.trader is not None
    _accounts(findings, folded.trader.engine, journal.parent)
    if folded.trader.engine.board is not None:
        _paper(findings, "shadow", folded.trader.engine, folded.trader.engine.board.terms.name, journal.parent / SHADOW)
    return folded.trader


def _accounts(findings: Findings, engine: Engine, run: Path) -> None:
    """Each account: at a paper exchange by its book, at a venue by when it was compared with it last."""
    for name, account in engine.accounts.items():
        if is_shadow(name):
            continue
        if account.link is None:
            _paper(findings, "exchange", engine, name, paper_book(run, name))
            continue
        checked = (
            f"compared with it last at {moment_text(account.link.checked)}" if account.link.checked else "never seen"
        )
        findings.add("account", True, f"{name} at {account.terms.venue}: {checked}")
    for scope, state in sorted(engine.states.items()):
        findings.add("state", True, f"{scope} is {TRADING_STATES[state]} since before — {engine.causes[scope]}")


def _paper(findings: Findings, name: str, engine: Engine, account: str, file: Path) -> None:
    """The paper exchange's book beside a journal. What an order may have done that was not told of yet is no fault:
    the next start looks it up."""
    try:
        book = read_book(file)
    except apsw.CantOpenError:
        findings.add(name, False, f"{file} is gone: the journal beside it can not be taken up")
        return
    except InputError as error:
        findings.add(name, False, str(error))
        return
    balances, positions = book.balances.get(account, {}), book.positions.get(account, {})
    found = disagreements(engine, account, balances, positions)
    orders = engine.orders.values()
    working = any(one.is_open() and one.stage != HELD and one.order.account == account for one in orders)
    if not found:
        findings.add(name, True, f"{file} agrees with the journal")
    elif working:
        findings.add(name, True, f"{file} is ahead of the journal, and looked up at the next start")
    else:
        findings.add(name, False, f"{file} and the journal disagree: {'; '.join(found)}")
