"""`tradewright serve` as a person has it: a process of its own, at a simulated venue that is one too, over sockets."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.command import tradewright
from tests.e2e.judge import CANCELLED, FILLED, SUBMIT, records
from tests.e2e.service import (
    SECONDS,
    STRATEGIES,
    Background,
    Simulated,
    configured,
    serving,
    simulated,
    variables,
)
from tests.e2e.test_docs import blocks
from tests.project import COMPILED_ALONE, ROOT
from tradewright.app.agreement import disagreements
from tradewright.app.history import fold
from tradewright.app.home import JOURNAL
from tradewright.core.engine import Engine
from tradewright.model.control import HALTED
from tradewright.sim.paper import read_book

pytestmark = COMPILED_ALONE

RESTS, FILLS = "a bid far below", "FILL   "


def engine_of(home: Path) -> Engine:
    """The engine as its journal tells it."""
    folded = fold(home / JOURNAL)
    assert folded.trader is not None
    return folded.trader.engine


def ids(home: Path, kind: int) -> list[str]:
    """Orders that records of a kind are about."""
    return [row[2] for row in records(home / JOURNAL) if row[0] == kind]


def agree(home: Path, venue: Simulated) -> None:
    """What the journal says of orders is what the venue's own books say."""
    ours: dict[str, tuple[bool, Decimal]] = {}
    for id, state in engine_of(home).orders.items():
        sent = state.order.role == "entry" and state.stage >= 0 and state.status not in ("DENIED", "HELD")
        if sent:
            filled = Decimal(state.filled).scaleb(-state.order.instrument.size_scale)
            ours[id] = (state.is_open(), filled)
    theirs = {id: (works, size.normalize()) for id, (works, size) in venue.orders().items() if works or size}
    assert {id: (works, size.normalize()) for id, (works, size) in ours.items() if works or size} == theirs


def shows_no_secret(home: Path, lines: list[str]) -> None:
    assert not [line for line in lines if "demo-secret" in line or "demo-token" in line]
    for file in home.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert b"demo-secret" not in content and b"demo-token" not in content, file


@pytest.mark.parametrize(
    ("venue_name", "meaning"),
    [
        ("binance", "Binance's testnet: a market of its own, virtual money"),
        pytest.param("alpaca", "Alpaca's paper trading", marks=pytest.mark.long),
        pytest.param("mt5", "its terminal's login decides", marks=pytest.mark.long),
    ],
)
def test_it_trades_is_killed_by_a_person_dies_and_comes_back_as_it_was(
    venue_name: str, meaning: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with simulated(venue_name) as venue:
        file, environment = configured(tmp_path, venue_name, rounds=500), variables(tmp_path, venue.url)
        with serving(file, home, environment) as first:
            first.hears("READY  main")
            first.hears(FILLS)
            assert first.said(meaning)
            assert first.said("limits of account main: maxOrderValue; off: maxOrderQuantity")

            other = subprocess.run(
                [sys.executable, "-m", "tradewright", "serve", "--config", file, "--home", tmp_path / "other"],
                cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60,
            )  # fmt: skip
            assert (other.returncode, len(other.stderr.splitlines())) == (1, 1)
            assert "account main at http://127.0.0.1" in other.stderr and "traded by another engine" in other.stderr
            assert f"process {first.process.pid}" in other.stderr

            (rested,) = [line.split()[2] for line in first.said(RESTS) if "SENT" in line]
            killed = tradewright("kill", "--home", home, "--who", "ann", "--reason", "looks odd", "--json")
            assert (killed.code, killed.row["states"], killed.row["running"]) == (0, {"all": "HALTED"}, True)
            first.until(lambda: not venue.orders().get(rested, (False, 0))[0])
            assert first.end(signal.SIGKILL) == -signal.SIGKILL
            shows_no_secret(home, first.lines)
        sent = ids(home, SUBMIT)
        assert len(set(sent)) == len(sent)

        with serving(file, home, environment) as second:
            second.hears("READY  main")
            assert second.said("STATE  all is HALTED since before — ann")
            second.hears("DENIED")
            assert second.end() == 0
        after = engine_of(home)
        assert (after.run, after.states["all"], after.causes["all"]) == (2, HALTED, "ann")
        assert ids(home, SUBMIT) == sent, "nothing was sent again, and nothing opened"
        agree(home, venue)
        assert tradewright("replay", home / JOURNAL, "--verify", "--json").row["differences"] == []


@pytest.mark.parametrize("venue_name", ["alpaca", "mt5", pytest.param("binance", marks=pytest.mark.long)])
def test_a_stop_cancels_entries_keeps_exits_and_what_was_done_can_be_explained(venue_name: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with simulated(venue_name) as venue:
        file, environment = configured(tmp_path, venue_name, rounds=1), variables(tmp_path, venue.url)
        with serving(file, home, environment) as service:
            service.hears(FILLS)
            service.until(lambda: service.said(RESTS))
            assert service.end() == 0
            assert service.said("STOP   no new openings; entries are cancelled, exits stay")
        engine = engine_of(home)
        sent = [one for one in engine.orders.values() if one.order.role == "entry" and one.status != "DENIED"]
        (rested,) = [one.order.id for one in sent if one.order.limit_units]
        assert engine.orders[rested].status == "CANCELLED" and rested in ids(home, CANCELLED)
        (filled,) = {id for id in ids(home, FILLED) if engine.orders[id].order.strategy == "walker"}
        exits = [hold.order for hold in engine.holds.holds.values() if hold.order.role != "entry"]
        assert [(one.strategy, one.parent) for one in exits] == [("walker", filled)], "what it holds is guarded on"
        agree(home, venue)
        story = tradewright("explain", filled, "--home", home, "--json").row
        assert (story["approved"], story["strategy"], story["signal"]["reason"]) == (True, "walker", "it is time")
        assert "MAX_ORDER_VALUE" in [check["code"] for check in story["checks"]]
        doctor = tradewright("doctor", "--home", home, "--json").row
        assert doctor["good"], doctor
        assert next(one["text"] for one in doctor["checks"] if one["name"] == "account").startswith(
            f"main at {venue_name}"
        )


def test_an_account_by_ccxt_trades_dies_comes_back_and_stops(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with simulated("binance") as venue:
        file, environment = configured(tmp_path, "ccxt", rounds=2), variables(tmp_path, venue.url)
        with serving(file, home, environment) as first:
            first.hears("READY  main")
            assert first.said(f"binance by ccxt at {venue.url}")
            first.hears(FILLS)
            first.until(lambda: first.said(RESTS))
            assert first.end(signal.SIGKILL) == -signal.SIGKILL
            shows_no_secret(home, first.lines)
        with serving(file, home, environment) as second:
            second.hears("READY  main")
            # Of the two rounds one may have come before the account was compared with its venue.
            second.until(lambda: len(set(ids(home, FILLED))) + len(second.said("DENIED")) == 2)
            assert second.end() == 0
        engine, sent = engine_of(home), ids(home, SUBMIT)
        assert (engine.run, len(set(sent))) == (2, len(sent)), "nothing was sent twice"
        entries = [one for one in engine.orders.values() if one.order.role == "entry" and one.status != "DENIED"]
        assert {one.status for one in entries if one.order.limit_units} == {"CANCELLED"}
        stops = [exit.order for exit in engine.exits.values()]
        assert {one.parent for one in stops} == set(ids(home, FILLED)), "what it holds is guarded, here"
        agree(home, venue)
        assert tradewright("replay", home / JOURNAL, "--verify", "--json").row["differences"] == []
        looked = tradewright("doctor", "--home", home, "--json").row
        assert looked["good"], looked


def test_wrong_keys_a_wrong_clock_and_a_venue_that_is_not_there_are_a_sentence_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = configured(tmp_path, "binance", "readySeconds: 2\n")
    for name, value in variables(tmp_path, "http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)

    def started() -> tuple[int, str]:
        said = tradewright("serve", "--config", file, "--home", tmp_path / "home")
        assert len(said.err.splitlines()) == 1, said.err
        assert "demo-secret" not in said.err + said.out
        return said.code, said.err

    code, sentence = started()
    file.write_text(file.read_text().replace("readySeconds: 2", "readySeconds: 60"))
    assert code == 4
    assert "account main: http://127.0.0.1:9 can not be used" in sentence and "look at the network" in sentence
    begins = "2020-01-01T00:00:00Z"
    with simulated("binance", "--start", begins) as early:
        monkeypatch.setenv("SIM_URL", early.url)
        code, sentence = started()
        assert code == 1
        assert "the clock of this machine is" in sentence and "s ahead of that of" in sentence and "NTP" in sentence
        monkeypatch.setenv("SIM_KEY", "stranger")
        code, sentence = started()
        assert code == 1
        assert "does not take its keys" in sentence and "of environment testnet" in sentence
        monkeypatch.setenv("SIM_KEY", "demo-key")
        file.write_text(file.read_text().replace("[BTCUSDT]", "[NOSUCH]"))
        code, sentence = started()
        assert code == 1
        assert "service.yaml:7: account main: Binance Spot does not trade" in sentence
    assert [row[0] for row in records(tmp_path / "home" / JOURNAL)] == [], "nothing was begun"


@pytest.mark.long
def test_a_paper_account_comes_back_as_its_exchange_knows_it_and_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "service.yaml"
    file.write_text(
        "accounts: {trial: {venue: paper, symbols: [BTCUSD, ETHUSD]}}\n"
        f"strategies: {{walker: {{strategy: '{STRATEGIES}:Walker', parameters: {{rounds: 6}}}}}}\n"
        "stopSeconds: 600\n"
    )
    environment = variables(tmp_path, "")
    with serving(file, home, environment) as first:
        first.hears(FILLS, 2)
        assert first.end(signal.SIGKILL) == -signal.SIGKILL
    with serving(file, home, environment) as second:
        second.hears(FILLS, 2)
        assert second.end() == 0
    book, trader = read_book(home / "paper-trial.db"), fold(home / JOURNAL).trader
    assert trader is not None
    engine = trader.engine
    assert disagreements(engine, "trial", book.balances["trial"], book.positions["trial"]) == []
    # What was not heard before the kill is told again; a fill that comes twice is booked once, as the books agree.
    assert {fill.order_id for fill in book.fills} == set(ids(home, FILLED))
    assert len(ids(home, SUBMIT)) == len(set(ids(home, SUBMIT)))
    # Without its exchange's word the entry would be waited for: nobody has to.
    with serving(file, home, environment) as third:
        third.hears("READY")
        third.process.send_signal(signal.SIGSTOP)
        third.process.send_signal(signal.SIGTERM)
        third.process.send_signal(signal.SIGINT)
        third.process.send_signal(signal.SIGCONT)
        assert third.process.wait(SECONDS) in (128 + signal.SIGINT, 128 + signal.SIGTERM)
        third.hears_even_ended("ended at once; the journal is good")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        found: int = one.getsockname()[1]
        return found


@pytest.mark.long
def test_every_command_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    """What stands until it is ended (a service, a simulator) is started and left alone while the lines behind it run;
    all that is one's own is ended by SIGTERM at the end."""
    port = free_port()
    (tmp_path / "config").symlink_to(ROOT / "config")
    snippet, _ = blocks("docs/serve.md", "yaml")
    (tmp_path / "simulated.yaml").write_text(snippet.replace("8081", str(port)))
    path = os.pathsep.join(filter(None, sys.path))
    environment = variables(tmp_path, "", PYTHONPATH=path, TRADEWRIGHT_PORT="0")
    standing: list[Background] = []
    lines = [line for block in blocks("docs/serve.md", "sh") for line in block.replace("8081", str(port)).splitlines()]
    assert len(lines) == 11
    try:
        for line in lines:
            word, *arguments = shlex.split(line)
            if word == "export":
                environment |= dict(one.split("=", 1) for one in arguments)
                continue
            assert word == "tradewright", line
            command = [sys.executable, "-m", "tradewright", *arguments]
            if arguments[0] in ("serve", "simulate"):
                standing.append(Background(command, tmp_path, environment))
                standing[-1].hears("READY" if arguments[0] == "serve" else "it trades")
                continue
            done = subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=SECONDS
            )  # fmt: skip
            assert done.returncode == 0, f"{line}\n{done.stderr}\n{done.stdout}"
            assert done.stdout.strip(), line
        assert [one.end() for one in reversed(standing)] == [0, 0, 0]
        assert standing[0].said("STATE  all is HALTED — ann: looks odd")
        assert standing[0].said("STATE  all is ACTIVE — ann: understood")
    finally:
        for one in standing:
            one.abandon()


def test_the_configurations_that_come_along_are_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for page in ("docs/configuration.md",):
        for line in "".join(blocks(page, "sh")).splitlines():
            monkeypatch.chdir(ROOT)
            assert tradewright(*shlex.split(line)[1:]).code == 0, line
    names = ("ALPACA_API_KEY", "ALPACA_SECRET_KEY", "BINANCE_API_KEY", "BINANCE_SECRET_KEY", "MT5_CONNECTOR_TOKEN")
    for name in names:
        monkeypatch.setenv(name, "canary")
    files = sorted((ROOT / "config").glob("*.yaml"))
    assert [file.stem for file in files] == ["alpaca", "binance", "mt5", "tradewright"]
    for file in files:
        said = tradewright("config", "check", "--config", file, "--json")
        assert said.code == 0, said.err
        assert "canary" not in said.out
        assert all("REAL MONEY" not in one["meaning"] for one in said.row["accounts"].values())
        assert {"maxDailyLossPercent", "maxOpenPositions"} <= set(next(iter(said.row["limits"].values())))
