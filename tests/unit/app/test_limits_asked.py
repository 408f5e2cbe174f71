"""Limits set and waived from outside the engine: over the control socket of a session that runs, by the command line,
and over HTTP."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Said, tradewright
from tests.project import ROOT
from tests.unit.app.standing_api import Client
from tests.unit.app.standing_api import asked as over_http
from tests.unit.app.test_control import running as running_demo
from tests.unit.app.test_control import wait_for
from tests.unit.app.test_restart import holder, play
from tradewright.app.history import fold, rerun
from tradewright.model.moment import moment_of, moment_text

running = running_demo
HOUR = 3_600_000_000_000
DAY = 24 * HOUR
#: The demo's clock runs six hundred times as fast as ours.
LONG = 30 * DAY
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+Z")


def asked(home: Path, *arguments: object) -> Said:
    why = () if "show" in arguments else ("--who", "ann", "--reason", "canary")
    return tradewright("limits", *arguments, *why, "--home", home, "--json")


def shown(home: Path) -> dict[str, Any]:
    return asked(home, "show").row


def later(home: Path, span: int) -> str:
    """A moment of the engine's clock that lies ahead."""
    return moment_text(moment_of(shown(home)["now"], "now") + span)


def of(home: Path, scope: str) -> dict[str, Any]:
    return next(one for one in shown(home)["sets"] if one["scope"] == scope)


def too_much(home: Path, size: str) -> bool:
    """Whether a limit on an order's size refuses one of that size; strategies trade too, so others may."""
    said = tradewright("order", "BTCUSD", "--size", size, "--who", "ann", "--home", home, "--json")
    assert said.code in (0, 3), said.row
    return "MAX_ORDER_QUANTITY" in [check["code"] for check in said.row["refusals"]]


@pytest.fixture
def home(running: tuple[Path, subprocess.Popen[str]]) -> Iterator[Path]:
    """A demo that runs and has prices; stopped in the end, its journal has to run again to the same records."""
    folder, demo = running
    wait_for(demo, (folder / "control").exists)
    wait_for(demo, lambda: asked(folder, "show").code == 0)
    yield folder
    demo.send_signal(signal.SIGINT)
    _, err = demo.communicate(timeout=60)
    assert (demo.returncode, err) == (0, "")
    assert rerun(folder / "journal").differences == []


def test_a_limit_that_is_set_binds_the_next_order_and_says_who_when_and_why(home: Path) -> None:
    before = of(home, "account:paper")
    said = asked(home, "set", "account:paper", "maxOrderQuantity=0.005", "blockedSymbols=[ETHUSD]")
    assert said.code == 0, said.err
    row = said.row
    assert row["record"] > 0
    assert (row["version"], row["who"], row["reason"], row["until"]) == (before["version"] + 1, "ann", "canary", None)
    assert moment_of(row["since"], "since") > moment_of(before["since"], "since")
    assert row["limits"] == before["limits"] | {"maxOrderQuantity": "0.005", "blockedSymbols": ["ETHUSD"]}
    assert too_much(home, "0.006")
    asked(home, "set", "account:paper", "maxOrderQuantity=off", "maxPositionQuantity=5")
    assert "maxOrderQuantity" not in of(home, "account:paper")["limits"]
    assert not too_much(home, "0.006")
    use = next(one for one in shown(home)["utilisation"] if one["name"] == "maxPositionQuantity")
    assert (use["scope"], use["code"], use["limit"]) == ("account:paper", "MAX_POSITION_QUANTITY", "5")
    assert use["value"] != "unknown"
    words = tradewright("limits", "show", "--home", home).out
    assert "account:paper: version 3 since 2026-" in words, words
    assert ", by ann: canary" in words
    assert "maxPositionQuantity 5  (" in words


def test_limits_until_a_moment_lie_over_those_before_and_can_be_ended_early(home: Path) -> None:
    before = of(home, "account:paper")
    end = later(home, LONG)
    row = asked(home, "set", "account:paper", "maxOrderQuantity=0.001", "--until", end).row
    assert (row["limits"], row["under"], row["until"]) == ({"maxOrderQuantity": "0.001"}, before, end)
    assert too_much(home, "0.002")
    lasting = asked(home, "set", "account:paper", "maxOrderQuantity=9")
    assert (lasting.code, "others lie over them; change those with an end" in lasting.row["error"]) == (1, True)
    more = asked(home, "set", "account:paper", "maxOrderValue=100", "--until", later(home, 2 * LONG)).row
    assert more["limits"] == {"maxOrderValue": "100", "maxOrderQuantity": "0.001"}, "the earlier one goes on"
    assert more["under"] == before
    ended = asked(home, "set", "account:paper").row
    assert (ended["limits"], ended["under"], ended["until"]) == (before["limits"], None, None)
    assert not too_much(home, "0.002")


def test_canary_limits_are_shown_and_end_with_a_confirmation(home: Path) -> None:
    assert shown(home)["canaries"] == []
    row = asked(home, "set", "canary:sma_cross", "maxPositionQuantity=0.001", "canaryDays=90").row
    assert (row["version"], row["limits"]) == (1, {"maxPositionQuantity": "0.001", "canaryDays": 90})
    (one,) = shown(home)["canaries"]
    assert (one["strategy"], one["of"]) == ("sma_cross", 90)
    assert "canary:sma_cross" in [use["scope"] for use in shown(home)["utilisation"]]
    words = tradewright("limits", "show", "--home", home).out
    assert f"sma_cross: its version {one['version']} is new and has traded on {one['days']} of 90 days" in words
    more = asked(home, "set", "canary:sma_cross", "maxOrderValue=100", "canaryDays=off").row
    assert more["limits"] == {"maxPositionQuantity": "0.001", "maxOrderValue": "100"}
    assert shown(home)["canaries"][0]["of"] is None
    ended = asked(home, "set", "canary:sma_cross").row
    assert (ended["version"], ended["limits"], ended["who"], ended["reason"]) == (3, {}, "ann", "canary")
    assert shown(home)["canaries"] == []


def test_two_persons_waive_a_soft_limit_and_nobody_a_hard_one(home: Path) -> None:
    asked(home, "set", "account:paper", "maxOrderQuantity=0.001", "softLimits=[maxOrderQuantity]")
    assert too_much(home, "0.002")
    terms = ("waive", "account:paper", "maxOrderQuantity", "--until", later(home, 20 * HOUR))
    alone = asked(home, *terms, "--second", "ann")
    assert (alone.code, "it takes two persons" in alone.row["error"]) == (1, True)
    said = asked(home, *terms, "--second", "bob")
    assert said.code == 0, said.err
    assert (said.row["who"], said.row["second"], said.row["reason"]) == ("ann", "bob", "canary")
    assert not too_much(home, "0.002")
    assert [(one["limit"], one["second"]) for one in shown(home)["waivers"]] == [("maxOrderQuantity", "bob")]
    hard = asked(home, "waive", "account:paper", "maxOrderValue", *terms[3:], "--second", "bob")
    assert (hard.code, "it is a hard limit" in hard.row["error"]) == (1, True)


WRONG = [
    (("set", "account:nobody", "maxOrderValue=1"), "there is no account 'nobody'; there is paper"),
    (("set", "acount:paper", "maxOrderValue=1"), "scope 'acount:paper': it is all, or one or more of"),
    (("set", "session:paper", "maxOrderValue=1"), "they are its user's settings"),
    (("set", "symbol:NONE", "maxOrderValue=1"), "there is no symbol 'NONE'"),
    (("set", "all", "maxLuck=1"), "'maxLuck' is not known; the limits are maxOrderValue"),
    (("set", "all", "maxLuck=off"), "maxLuck can not be taken off, it is not set there"),
    (("set", "all", "maxOrderValue=0"), "limit maxOrderValue: 0 must be above zero"),
    (("set", "all", "maxOrderValue=nan"), "limit maxOrderValue: "),
    (("set", "all", "maxOrderValue=much"), "limit maxOrderValue: "),
    (("set", "all", "blockedSymbols=BTCUSD"), "is not a list of symbols"),
    (("set", "all", "messageReserve=1"), "messageReserve says how maxMessagesPerMinute counts"),
    (("set", "strategy:x", "maxDrawdown=1"), "maxDrawdown is about whole accounts"),
    (("set", "all", "maxOrderValue=1", "--until", "tomorrow"), "'tomorrow' is no moment"),
    (("set", "all", "maxOrderValue=1", "--until", "2020-01-01T00:00:00Z"), "an end that lies ahead"),
    (
        ("set", "all", "enableHaltProtection=true"),
        "would refuse every opening it asks about: nothing here tells account paper of halts",
    ),
    (("set", "all"), "limits of all: no limit is named"),
    (("set", "canary:sma_cross"), "limits of canary:sma_cross: no limit is named"),
    (("set", "canary:nobody", "maxOrderValue=1"), "there is no strategy 'nobody'"),
    (("set", "canary", "maxOrderValue=1"), "they are one strategy's"),
    (
        ("set", "canary:sma_cross", "maxOrderValue=1", "--until", "2099-01-01T00:00:00Z"),
        "its version has proved itself",
    ),
    (("set", "strategy:sma_cross", "canaryDays=3"), "canaryDays is of canary limits"),
    (("waive", "all", "maxOrderValue", "--second", "bob", "--until", "2026-01-05T00:00:00Z"), "it is not set"),
]


def test_what_can_not_hold_is_one_sentence_and_leaves_no_record(home: Path) -> None:
    before = shown(home)["sets"]
    for arguments, words in WRONG:
        said = asked(home, *arguments)
        assert (said.code, words in said.row["error"]) == (1, True), said.row
    assert shown(home)["sets"] == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("set", "all", "maxOrderValue"), "limit 'maxOrderValue': write it as name=value"),
        (("set", "all", "blockedSymbols=[a"), "'[a' can not be read"),
        (("set", "all", "maxOrderValue=1", "--reason", " "), "say why, for the record"),
        (("waive", "all", "maxOrderValue", "--until", "x"), "Missing option '--second'"),
    ],
)
def test_a_command_that_is_none_is_a_usage_error(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    why = () if "--reason" in arguments else ("--reason", "canary")
    said = tradewright("limits", *arguments, *why, "--who", "ann", "--home", tmp_path)
    assert (said.code, words in said.err) == (2, True), said.err


def test_without_an_engine_nothing_is_set(tmp_path: Path) -> None:
    home = tmp_path / "home"
    play(home, holder(tmp_path / "holder.py"), count=5)
    before = fold(home / "journal").sequence
    for arguments in (("set", "all", "maxOrderValue=1"), ("show",)):
        said = asked(home, *arguments)
        assert (said.code, "no engine runs in " in said.row["error"]) == (4, True), said.row
    assert fold(home / "journal").sequence == before


def demo(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tradewright", "demo", "--seconds", "0", "--home", str(home), "--json"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_what_was_set_stands_behind_a_crash_until_its_end(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = demo(home)
    try:
        wait_for(first, lambda: asked(home, "show").code == 0)
        assert asked(home, "set", "all", "maxOrderQuantity=3", "softLimits=[maxOrderQuantity]").code == 0
        end = later(home, 2 * HOUR)
        assert asked(home, "set", "account:paper", "maxOrderQuantity=0.001", "--until", end).code == 0
        waived = asked(
            home, "waive", "all", "maxOrderQuantity", "--second", "bob", "--until", later(home, 3 * HOUR // 2)
        )
        assert waived.code == 0, waived.err
        before = shown(home)
    finally:
        first.kill()
        first.communicate()
    second = demo(home)
    try:
        wait_for(second, lambda: asked(home, "show").code == 0)
        after = shown(home)
        assert moment_of(after["now"], "now") < moment_of(end, "end"), "it is looked at before the end"
        assert (after["sets"], after["waivers"]) == (before["sets"], before["waivers"])
        wait_for(second, lambda: of(home, "account:paper")["until"] is None)
        over = of(home, "account:paper")
        assert (
            over["limits"] == next(one for one in before["sets"] if one["scope"] == "account:paper")["under"]["limits"]
        )
        assert moment_of(shown(home)["now"], "now") >= moment_of(end, "end")
        wait_for(second, lambda: shown(home)["waivers"] == [])
        second.send_signal(signal.SIGINT)
        _, err = second.communicate(timeout=60)
        assert (second.returncode, err) == (0, "")
    finally:
        second.kill()
        second.communicate()
    assert rerun(home / "journal").differences == []


# ── over HTTP ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_limits_are_set_over_http_by_the_name_of_the_key(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()  # prices are known by now
        wanted = {"scope": "account:one", "limits": {"maxOrderQuantity": "0.5"}, "reason": "a quiet day"}
        row = (await client.ask("POST", "/api/v1/limits", wanted)).row
        assert (row["who"], row["reason"], row["version"], row["record"] > 0) == ("ann", "a quiet day", 2, True)
        assert row["limits"]["maxOrderQuantity"] == "0.5" and row["limits"]["maxOrderValue"] == "10000"
        told = await client.get("/api/v1/limits")
        (seen,) = [one for one in told["sets"] if one["scope"] == "account:one"]
        assert seen == {name: value for name, value in row.items() if name != "record"}
        off = await client.ask("POST", "/api/v1/limits", wanted | {"limits": {"maxOrderQuantity": None}})
        assert "maxOrderQuantity" not in off.row["limits"]
        order = {"symbol": "BTCUSD", "side": "buy", "quantity": "0.02", "type": "market"}
        end = moment_text(client.engine.now + HOUR)
        await client.ask("POST", "/api/v1/limits", wanted | {"limits": {"maxOrderQuantity": 0.01}, "until": end})
        made = await client.ask("POST", "/api/v1/orders?account=one", order)
        assert made.row["code"] == "MAX_ORDER_QUANTITY"
        await refused(client, wanted, end)
        id, running = next(iter(client.engine.gate.canaries.running.items()))
        narrow = {"scope": f"canary:{id}", "limits": {"maxOrderValue": "50", "canaryDays": 2}, "reason": "new"}
        assert (await client.ask("POST", "/api/v1/limits", narrow)).row["limits"]["canaryDays"] == 2
        told = await client.get("/api/v1/limits")
        assert told["canaries"] == [{"strategy": id, "version": running.version, "days": 0, "of": 2}]

    over_http(tmp_path, act)


async def refused(client: Client, wanted: dict[str, Any], end: str) -> None:
    """What is wrong, or not for the key."""
    sequence = client.engine.gate.limits["account:one"].version
    for change in (
        {"limits": {"maxLuck": "1"}}, {"limits": {"maxOrderValue": "0"}}, {"scope": "account:nobody"}, {"until": "x"},
        {"limits": {}, "until": end}, {"reason": ""}, {"limits": {"maxOrderValue": "1" * 200}},
    ):  # fmt: skip
        answer = await client.ask("POST", "/api/v1/limits", wanted | change)
        assert (answer.status, answer.code) == (422, "INVALID_REQUEST"), (change, answer)
    assert client.engine.gate.limits["account:one"].version == sequence
    for key in (client.make("read", "trade", "kill"), client.make("risk", accounts=["two"])):
        answer = await client.ask("POST", "/api/v1/limits", wanted, key=key)
        assert (answer.status, answer.code) == (403, "FORBIDDEN")


def test_a_waiver_over_http_takes_two_keys_of_two_persons(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        soft = {"maxOrderQuantity": "0.5", "softLimits": ["maxOrderQuantity"]}
        await client.ask("POST", "/api/v1/limits", {"scope": "account:one", "limits": soft, "reason": "r"})
        end = moment_text(client.engine.now + HOUR)
        wanted = {"scope": "account:one", "limit": "maxOrderQuantity", "until": end, "reason": "index change"}
        for _ in range(2):
            row = (await client.ask("POST", "/api/v1/limits/waivers", wanted)).row
            assert (row["granted"], row["second"], row["record"]) == (False, None, None)
        own = client.make("risk", name="ann")
        assert not (await client.ask("POST", "/api/v1/limits/waivers", wanted, key=own)).row["granted"]
        bob = client.make("risk", name="bob")
        other = await client.ask("POST", "/api/v1/limits/waivers", wanted | {"limit": "maxOrderValue"}, key=bob)
        assert (other.status, "it is a hard limit" in other.row["detail"]) == (422, True)
        row = (await client.ask("POST", "/api/v1/limits/waivers", wanted, key=bob)).row
        assert (row["granted"], row["who"], row["second"], row["record"] > 0) == (True, "ann", "bob", True)
        (seen,) = (await client.get("/api/v1/limits"))["waivers"]
        assert (seen["who"], seen["second"], seen["reason"]) == ("ann", "bob", "index change; index change")
        again = (await client.ask("POST", "/api/v1/limits/waivers", wanted, key=bob)).row
        assert not again["granted"], "what was granted is used up"

    over_http(tmp_path, act)


def test_the_commands_of_the_page_do_what_it_says(home: Path) -> None:
    """Its moments are those of its readers: here they lie as far ahead of the demo's own clock."""
    page = (ROOT / "docs/risk.md").read_text()
    lines = [line for line in page.splitlines() if line.startswith("tradewright limits ")]
    assert len(lines) == 8
    for line in lines:
        now = MOMENT.sub(later(home, 20 * HOUR), line)
        arguments = shlex.split(now.replace("--home my-session", f"--home {home}"))[1:]
        said = tradewright(*arguments)
        assert (said.code, said.err) == (0, ""), line
        assert said.out.strip(), line
