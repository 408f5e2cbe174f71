"""A home taken up again after something about it changed: code, strategies, instruments, accounts."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.markets import bars
from tradewright.adapters.journal import Snapshots
from tradewright.app.demo import LIMITS, DemoOptions, Session
from tradewright.app.history import fold, rerun
from tradewright.core.engine import Engine
from tradewright.core.limits import Limits, limits_from
from tradewright.model.control import LimitsSet
from tradewright.model.errors import InputError, JournalDamaged
from tradewright.model.order import EXIT

HEAD = "from tradewright.signal.strategy import Strategy\n"
#: Buys once and holds; `{0}` is put into its setup.
HOLDER = HEAD + (
    "class {1}(Strategy):\n"
    "    seen: int = 0\n"
    "    def setup(self):\n"
    "        self.a = self.sma(5)\n{0}"
    "    def on_bar(self, bar):\n"
    "        self.seen += 1\n"
    "        if self.flat and not self.open_orders:\n"
    "            self.buy(1)\n"
)


def holder(path: Path, more: str = "", name: str = "Holder") -> str:
    path.write_text(HOLDER.format(more and f"        {more}\n", name))
    return f"{path}:{name}"


def play(home: Path, *refs: str, count: int | None = None) -> Session:
    """A session of these strategies on the bars beside the home, ended after `count` bars (none said = all)."""
    data = home.parent / "bars.csv"
    if not data.exists():
        bars(data, count=60, symbols=("ACME",))
    strategies: list[tuple[str, dict[str, Any]]] = [(ref, {}) for ref in refs]
    session = Session(DemoOptions(folder=home, files=[data], strategies=strategies), lambda event, outcome: None)
    try:
        session.market = islice(session.market, count)
        session.run()
    finally:
        session.close()
    return session


def engine_of(session: Session) -> Engine:
    return session.machine.trader.engine


def strategy_of(session: Session) -> Any:
    return session.machine.trader.roster.runners[0].strategy


@pytest.mark.parametrize("snapshot", [True, False])
@pytest.mark.parametrize("more", ["self.b = self.sma(9)", "self.a = self.sma(6)"])
def test_an_edited_strategy_starts_anew_and_finds_its_position(tmp_path: Path, more: str, snapshot: bool) -> None:
    """A home with a position in it opens whatever became of the strategy: from a snapshot and from the records."""
    home = tmp_path / "home"
    ref = holder(tmp_path / "mine.py")
    before = play(home, ref, count=20)
    assert (strategy_of(before).seen, engine_of(before).accounts["paper"].positions[0].net) == (20, 1)
    if not snapshot:
        for file in (home / "journal" / "snapshots").iterdir():
            file.unlink()
    holder(tmp_path / "mine.py", more)
    session = play(home, ref, count=20)
    assert strategy_of(session).seen == 20, "its own count, not that of the code before"
    assert engine_of(session).accounts["paper"].positions[0].net == 1, "what it held is still its own"
    assert fold(home / "journal").state_hash == engine_of(session).state_hash()
    assert [remark for remark in session.machine.remarks if "Holder" in remark and "starts anew" in remark]


@pytest.mark.parametrize("gone", ["file", "class"])
def test_a_home_whose_strategy_is_gone_is_taken_up_by_another(tmp_path: Path, gone: str) -> None:
    home = tmp_path / "home"
    play(home, holder(tmp_path / "mine.py"), count=20)
    if gone == "file":
        (tmp_path / "mine.py").unlink()
    else:
        holder(tmp_path / "mine.py", name="Renamed")
    session = play(home, holder(tmp_path / "other.py", name="Other"), count=20)
    held = {key[1]: book.net for key, book in engine_of(session).ledger.books.items()}
    assert held == {"Holder": 1, "Other": 1}


def test_an_unchanged_strategy_goes_on_where_it_was(tmp_path: Path) -> None:
    home = tmp_path / "home"
    ref = holder(tmp_path / "mine.py")
    play(home, ref, count=20)
    session = play(home, ref, count=10)
    assert (strategy_of(session).seen, session.machine.remarks) == (30, [])


def test_a_data_file_with_another_tick_brings_its_rules_along(tmp_path: Path) -> None:
    """Quotes in cents leave room for the middle between them: a scale of three and a tick of ten."""
    home, data = tmp_path / "home", tmp_path / "bars.csv"
    ref = holder(tmp_path / "mine.py")
    minutes = [f"2026-01-05T15:{minute:02d}:00Z,ACME" for minute in range(60)]
    data.write_text("ts,symbol,bid,ask\n" + "".join(f"{at},100.01,100.02\n" for at in minutes[:20]))
    coarse = engine_of(play(home, ref)).instruments[0].rules.tick
    prices = "100.001,100.003,100.001,100.002"
    data.write_text("ts,symbol,open,high,low,close,volume\n" + "".join(f"{at},{prices},10\n" for at in minutes))
    session = play(home, ref)
    assert (coarse, engine_of(session).instruments[0].rules.tick) == (10, 1)
    assert fold(home / "journal").state_hash == engine_of(session).state_hash()


def test_a_data_file_in_another_scale_is_refused_in_a_sentence(tmp_path: Path) -> None:
    home, data = tmp_path / "home", bars(tmp_path / "bars.csv", count=60, symbols=("ACME",))
    ref = holder(tmp_path / "mine.py")
    known = engine_of(play(home, ref, count=10)).instruments[0].price_scale
    records = fold(home / "journal").sequence
    head, first, *rest = data.read_text().splitlines()
    fields = first.split(",")
    fields[3] += "001"
    data.write_text("\n".join([head, ",".join(fields), *rest]))
    with pytest.raises(InputError, match=f"ACME: its price scale is {known} in the journal and 5 in this start"):
        play(home, ref, count=10)
    assert fold(home / "journal").sequence == records, "nothing was written"


#: In and out every few bars; the other one only looks on.
PAIR = HEAD + (
    "class InOut(Strategy):\n"
    "    seen: int = 0\n"
    "    def on_bar(self, bar):\n"
    "        self.seen += 1\n"
    "        if self.seen % 4 == 1:\n"
    "            self.buy(1)\n"
    "        elif self.seen % 4 == 3:\n"
    "            self.close()\n"
    "class Idle(Strategy):\n"
    "    pass\n"
)


def test_replay_reproduces_a_home_from_which_a_strategy_was_taken_out(tmp_path: Path) -> None:
    """Whether an exit goes with reduce-only depends on who else may trade: the run that is on, not who ever looked."""
    home, file = tmp_path / "home", tmp_path / "pair.py"
    file.write_text(PAIR)
    play(home, f"{file}:InOut", f"{file}:Idle", count=10)
    flags = []
    for _ in range(2):
        session = play(home, f"{file}:InOut", count=10)
        closed = [state.order for state in engine_of(session).orders.values() if state.order.role == EXIT]
        flags.append([order.reduce_only for order in closed if order.id.startswith(f"paper-{engine_of(session).run}-")])
    assert flags[0] and flags[1] and all(flags[0] + flags[1]), "alone from the second run on"
    assert rerun(home / "journal").differences == []


def test_replay_to_any_record_ends_with_the_input_it_belongs_to(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "pair.py"
    file.write_text(PAIR)
    play(home, f"{file}:InOut", count=8)
    last = fold(home / "journal").sequence
    for to in range(1, last + 1):
        plain, again = fold(home / "journal", to), rerun(home / "journal", to)
        assert again.differences == [], to
        assert to <= plain.sequence == again.sequence <= to + 3
        assert plain.state_hash == again.state_hash
    assert again.sequence == last


def test_a_start_that_failed_leaves_nothing_locked_or_open(tmp_path: Path) -> None:
    """A snapshot that is whole and is no engine: the next start in the same process finds the same, and no lock."""
    home = tmp_path / "home"
    ref = holder(tmp_path / "mine.py")
    play(home, ref, count=10)
    snapshots = Snapshots(home / "journal")
    found = snapshots.latest(str)
    assert found is not None
    snapshots.write(found.at, b"[[0],[],[30,1,1,[]],10]")
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(2):
        with pytest.raises(JournalDamaged, match="its form is not version"):
            play(home, ref, count=10)
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors
    snapshots.write(*found)
    play(home, ref, count=10)


def test_limits_of_the_account_in_a_file_lie_over_those_of_the_session_and_a_restart_leaves_what_persons_set(
    tmp_path: Path,
) -> None:
    """Both are one set: were they two, each start would replace one by the other and forget what was set since."""
    bars(tmp_path / "bars.csv", count=60, symbols=("ACME",))
    scopes = {"account:paper": limits_from({"maxOrderValue": 777})}
    options = DemoOptions(
        folder=tmp_path / "home", files=[tmp_path / "bars.csv"], strategies=[(holder(tmp_path / "mine.py"), {})],
        scopes=scopes,
    )  # fmt: skip
    found = []
    for start in range(3):
        session = Session(options, lambda event, outcome: None)
        engine = engine_of(session)
        if start == 1:
            row = limits_from({"maxOrderValue": 55}).row()
            session.machine.sequencer.feed(LimitsSet(engine.now, "account:paper", row, 0, "", "ann", "less"))
        found.append((engine.gate.limits["account:paper"].version, engine.gate.limits["account:paper"].values))
        session.close()
    assert found[0][0] == 1
    assert found[0][1] == {**limits_from(LIMITS).values, **scopes["account:paper"].values}
    assert found[1] == found[2] == (2, limits_from({"maxOrderValue": 55}).values)


def test_limits_of_one_account_are_not_stated_in_two_currencies(tmp_path: Path) -> None:
    bars(tmp_path / "bars.csv", count=60, symbols=("ACME",))
    options = DemoOptions(
        folder=tmp_path / "home", files=[tmp_path / "bars.csv"],
        scopes={"account:paper": Limits({"maxOrderValue": 10**18}, 1, "EUR")},
    )  # fmt: skip
    with pytest.raises(InputError, match="account:paper: they are in EUR and those beneath them in USD"):
        Session(options, lambda event, outcome: None)
    assert not (tmp_path / "home").exists()
