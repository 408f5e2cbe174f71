"""Places kept and used from outside the engine: over the control socket of a session that runs, by the command line."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.command import Said, tradewright
from tests.unit.app.test_control import running as running_demo
from tests.unit.app.test_control import wait_for
from tests.unit.app.test_restart import HEAD, play
from tradewright.app.control import ask
from tradewright.app.history import fold, rerun, story_of
from tradewright.app.picker import OrderAsked
from tradewright.model.errors import Unanswered, UsageError

running = running_demo


def asked(home: Path, *arguments: object) -> Said:
    return tradewright(*arguments, "--who", "ann", "--home", home, "--json")


@pytest.fixture
def home(running: tuple[Path, subprocess.Popen[str]]) -> Iterator[Path]:
    """A demo that runs; stopped in the end, its journal has to run again to the same records."""
    folder, demo = running
    wait_for(demo, (folder / "control").exists)
    # The first prices come with the first quarter of a second.
    # Its clock runs six hundred times as fast as ours: a day is two minutes.
    first = ("reserve", "BTCUSD", "--id", "first", "--ttl-ms", "86400000")
    wait_for(demo, lambda: asked(folder, *first).code == 0)
    yield folder
    demo.send_signal(signal.SIGINT)
    _, err = demo.communicate(timeout=60)
    assert (demo.returncode, err) == (0, "")
    assert rerun(folder / "journal").differences == []
    assert fold(folder / "journal").state_hash


def test_a_place_is_kept_used_and_let_go_by_name(home: Path) -> None:
    kept = asked(home, "reserve", "BTCUSD", "--id", "mine", "--size", "0.01", "--ttl-ms", "86400000")
    assert (kept.code, kept.row["granted"], kept.row["size"], kept.row["refusals"]) == (0, True, "0.01", [])
    assert kept.row["hold"].endswith(" USD") and kept.row["expires"].startswith("2026-01-")
    made = asked(home, "order", "BTCUSD", "--size", "0.01", "--reservation", "mine", "--reason", "breakfast")
    assert (made.code, made.row["reservation"], made.row["ended"]) == (0, "mine", "ORDERED")
    assert "ann: breakfast" in story_of(home / "journal", made.row["order"]).text()
    again = asked(home, "order", "BTCUSD", "--size", "0.01", "--reservation", "mine", "--reason", "breakfast")
    assert (again.code, [check["code"] for check in again.row["refusals"]]) == (3, ["RESERVATION_ENDED"])
    assert asked(home, "release", "first").row == {"reservation": "first", "ended": "WITHDRAWN"}


def test_what_is_refused_says_every_reason_and_ends_with_its_own_code(home: Path) -> None:
    said = asked(home, "reserve", "BTCUSD", "--id", "whale", "--size", "1000")
    codes = [check["code"] for check in said.row["refusals"]]
    assert (said.code, said.row["granted"]) == (3, False)
    assert codes == ["MAX_ORDER_VALUE", "POSITION_LIMIT", "INSUFFICIENT_FUNDS"]
    in_words = tradewright("order", "BTCUSD", "--size", "1000", "--who", "ann", "--home", home)
    assert in_words.code == 3
    assert "1000 of BTCUSD REFUSED" in in_words.out and "MAX_ORDER_VALUE: " in in_words.out


def test_an_order_by_hand_is_one_by_its_name_is_changed_and_is_cancelled_by_its_id(home: Path) -> None:
    terms = ("BTCUSD", "--size", "0.01", "--type", "limit", "--limit", "30000", "--tif", "day", "--client-id", "mine")
    made = asked(home, "order", *terms)
    id = made.row["order"]
    assert (made.code, made.row["granted"], made.row.get("again")) == (0, True, None)
    again = asked(home, "order", *terms, "--reason", "no answer")
    assert (again.code, again.row) == (0, made.row | {"again": True})
    in_words = tradewright("order", *terms, "--who", "ann", "--home", home)
    assert "it was asked for before: there is one order" in in_words.out
    other = asked(home, "order", *terms[:2], "0.02", *terms[3:])
    assert (other.code, "CLIENT_ORDER_ID_TAKEN: mine stands for" in other.row["error"]) == (1, True)
    changed = asked(home, "modify", id, "--limit", "31000")
    assert (changed.code, changed.row["limit"], changed.row["size"]) == (0, "31000", "0.01")
    whale = asked(home, "modify", id, "--size", "1000", "--tif", "gtc")
    assert (whale.code, whale.row["granted"]) == (3, False)
    assert "TIME_IN_FORCE_STAYS" in [check["code"] for check in whale.row["refusals"]]
    ended = asked(home, "cancel", id)
    assert (ended.code, ended.row) == (0, {"cancelled": [id], "order": id, "granted": True, "why": ""})
    for arguments in (("cancel", id), ("modify", id, "--limit", "30000")):
        late = asked(home, *arguments)
        assert (late.code, f"{id} has ended: CANCELLED" in late.row["error"]) == (1, True), late


def test_what_can_not_be_asked_is_one_sentence(home: Path) -> None:
    for arguments, words in (
        (("reserve", "BTCUSD", "--id", "first"), "is not in use"),
        (("reserve", "NONE", "--id", "x"), "there is no symbol 'NONE'"),
        (("reserve", "BTCUSD", "--id", "x", "--size", "much"), "size"),
        (("release", "x"), "reservation 'x' is not there; there are: first"),
        (("order", "BTCUSD", "--size", "0.01", "--account", "nobody"), "there is no account 'nobody'"),
        (("order", "BTCUSD", "--size", "0"), "size: 0 is not above zero"),
        (("order", "BTCUSD", "--size", "0.01", "--type", "limit"), "an order of type limit has a limit price"),
        (("order", "BTCUSD", "--size", "0.01", "--type", "limit", "--limit", "1", "--stop", "1"), "has no stop price"),
        (("order", "BTCUSD", "--size", "0.01", "--client-id", "a b"), "its client order id has up to 64"),
        (("modify", "none-1-1", "--size", "1"), "there is no order 'none-1-1'"),
        (("cancel", "none-1-1"), "there is no order 'none-1-1'"),
    ):
        said = asked(home, *arguments)
        assert (said.code, words in said.row["error"]) == (1, True), said.row


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("reserve", "BTCUSD", "--id", "x", "--side", "up"), "'up' is not one of 'buy', 'sell'"),
        (("cancel", "--side", "up"), "'up' is not one of 'buy', 'sell'"),
        (("order", "BTCUSD", "--size", "1", "--type", "iceberg"), "'iceberg' is not one of 'market', 'limit', 'stop'"),
        (("order", "BTCUSD", "--size", "1", "--tif", "never"), "'never' is not one of 'day', 'gtc', 'ioc'"),
    ],
    ids=lambda one: one[0] if isinstance(one, tuple) else "",
)
def test_a_word_that_is_none_of_those_there_are_is_a_usage_error(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    said = asked(tmp_path, *arguments)
    assert (said.code, words in said.row["error"]) == (2, True), said.row


def test_an_id_and_a_filter_do_not_go_together(tmp_path: Path) -> None:
    said = asked(tmp_path, "cancel", "none-1-1", "--symbol", "BTCUSD")
    assert (said.code, "not both" in said.row["error"]) == (2, True)


@pytest.mark.parametrize(
    ("reason", "words"),
    [("x" * 5_000, "bytes, of which there can be 4096; shorten it"), ("\udcff", "is no text")],
    ids=["long", "no text"],
)
def test_what_can_not_be_sent_is_a_usage_error(reason: str, words: str, tmp_path: Path) -> None:
    play(tmp_path / "home", "sma_cross", count=2)
    with pytest.raises(UsageError, match=words):
        ask(tmp_path / "home" / "journal", OrderAsked("ACME", "buy", "1", "ann", reason=reason))


def _answers(run: Path, answer: bytes) -> threading.Thread:
    """An engine that reads one request, says so much, and hangs up."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(run / "control"))
    listening.listen()

    def serve() -> None:
        with listening, listening.accept()[0] as connection:
            connection.recv(4096)
            connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_an_order_whose_answer_is_lost_is_not_said_to_have_met_no_engine(tmp_path: Path) -> None:
    """Whoever is told that nobody was there asks again, and has it twice."""
    for answer in (b"", b'{"order": "paper-1-1", "gran'):
        (tmp_path / "control").unlink(missing_ok=True)
        engine = _answers(tmp_path, answer)
        with pytest.raises(Unanswered, match="look before asking again"):
            ask(tmp_path / "journal", OrderAsked("ACME", "buy", "1", "ann"))
        engine.join()


def test_a_long_answer_is_read_to_its_end(tmp_path: Path) -> None:
    said = {"order": "paper-1-1", "granted": False, "refusals": [{"code": "X", "text": "y" * 50} for _ in range(2_000)]}
    engine = _answers(tmp_path, json.dumps(said).encode() + b"\n")
    assert ask(tmp_path / "journal", OrderAsked("ACME", "buy", "1", "ann")) == said
    engine.join()


def test_without_an_engine_there_is_nobody_to_judge(tmp_path: Path) -> None:
    path = tmp_path / "quiet.py"
    path.write_text(HEAD + "class Quiet(Strategy):\n    def on_bar(self, bar):\n        pass\n")
    play(tmp_path / "home", f"{path}:Quiet", count=5)
    said = asked(tmp_path / "home", "reserve", "ACME", "--id", "x")
    assert (said.code, "it takes one to judge this" in said.row["error"]) == (4, True)
