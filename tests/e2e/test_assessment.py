"""`tradewright assess`: what the controls did, from a journal alone, against a stranger's count of its raw records."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import tradewright
from tests.e2e.judge import DECISION, FILLED, SUBMIT, records
from tests.unit.app.test_control import running as running_demo
from tests.unit.app.test_control import wait_for
from tests.unit.app.test_limits_asked import HOUR, asked, later, too_much
from tradewright.core.limits import LIMITS
from tradewright.explain import REFUSING
from tradewright.model.moment import moment_text

running = running_demo
MODIFY_JUDGED = 74


@pytest.fixture
def left(running: tuple[Path, subprocess.Popen[str]], tmp_path: Path) -> Path:
    """The journal of a demo in which limits were set and waived, and all was killed and armed again, and nothing
    else of its home."""
    home, demo = running
    wait_for(demo, (home / "control").exists)
    wait_for(demo, lambda: asked(home, "show").code == 0)
    assert asked(home, "set", "account:paper", "maxOrderQuantity=0.001", "softLimits=[maxOrderQuantity]").code == 0
    assert too_much(home, "0.002")
    until = ("--until", later(home, 20 * HOUR), "--second", "bob")
    assert asked(home, "waive", "account:paper", "maxOrderQuantity", *until).code == 0
    assert not too_much(home, "0.002")
    for command in ("kill", "rearm"):
        assert tradewright(command, "--who", "ann", "--reason", "a look", "--home", home).code == 0
    demo.send_signal(signal.SIGINT)
    _, err = demo.communicate(timeout=60)
    assert (demo.returncode, err) == (0, "")
    shutil.move(home / "journal", tmp_path / "alone")
    shutil.rmtree(home)
    return tmp_path / "alone"


def assessed(journal: Path, *options: str) -> dict[str, Any]:
    said = tradewright("assess", "--journal", journal, *options, "--json")
    assert said.code == 0, said.err
    return said.row


def test_it_counts_what_each_rule_did_and_names_who_changed_waived_and_stopped_what(left: Path) -> None:
    row, rows = assessed(left), records(left)
    decisions = [found for found in rows if found[0] == DECISION]
    checks = [check for found in decisions for check in found[8]]
    asked_for = Counter(check[0] for check in checks)
    refused = Counter(check[0] for check in checks if not check[1])
    assert len(refused) > 0 and not any(found[0] == MODIFY_JUDGED for found in rows)
    told = {control["code"]: control for control in row["controls"]}
    assert {code: told[code]["asked"] for code in asked_for} == asked_for
    assert {code: told[code]["refused"] for code in refused} == refused
    assert sum(control["asked"] for control in row["controls"]) == len(checks)
    assert set(told) == set(REFUSING), "each rule has its line, whether it was asked or not"
    assert told["MAX_ORDER_QUANTITY"]["scopes"] == ["account:paper"]
    assert told["MAX_ORDER_QUANTITY"]["waived"] == sum("waived by" in check[5] for check in checks) > 0
    fills = sum(found[0] == FILLED for found in rows)
    sent = sum(found[0] == SUBMIT for found in rows)
    counts = {name: row["orders"][name] for name in ("decisions", "approved", "sent", "fills")}
    assert counts == {
        "decisions": len(decisions), "approved": sum(found[6] for found in decisions), "sent": sent, "fills": fills
    }  # fmt: skip
    assert row["records"] == len(rows)
    ann = [one for one in row["changes"] if one["who"] == "ann"]
    assert [(one["scope"], one["reason"], one["limits"]["maxOrderQuantity"]) for one in ann] == [
        ("account:paper", "canary", "0.001")
    ]
    assert [(one["limit"], one["who"], one["second"]) for one in row["waivers"]] == [("maxOrderQuantity", "ann", "bob")]
    stated = [(one["state"], one["who"], one["reason"]) for one in row["states"] if one["scope"] == "all"]
    assert stated == [("HALTED", "ann", "a look"), ("ACTIVE", "ann", "a look")]
    (start,) = row["starts"]
    assert start["program"] and [*start["strategies"]] == [spec[0] for spec in rows[0][3][2] if not spec[7]]
    (standing,) = [one for one in row["limits"] if one["scope"] == "account:paper"]
    assert set(row["unset"]) == {*LIMITS} - {*standing["limits"]} - {
        name for one in row["limits"] for name in one["limits"]
    }


def test_its_span_is_the_one_that_is_asked_for(left: Path) -> None:
    whole, rows = assessed(left), records(left)
    middle = moment_text(rows[len(rows) // 2][1])
    parts = [assessed(left, "--to", middle), assessed(left, "--from", middle)]
    assert parts[0]["to"] < middle <= parts[1]["from"]
    for name, count in whole["orders"].items():
        assert count == sum(part["orders"][name] for part in parts), name
    assert [one["run"] for one in parts[0]["starts"]] == [1] and parts[1]["starts"] == []


def test_it_reads_as_sentences(left: Path) -> None:
    said = tradewright("assess", "--journal", left).out
    assert "limits of account:paper set by ann: canary, version 2" in said
    assert "maxOrderQuantity of account:paper waived until " in said and "by ann and bob: canary" in said
    assert "  all HALTED by ann: a look" in said
    assert "never asked: " in said and "limits that no scope sets: " in said


def test_a_journal_that_can_not_be_trusted_is_not_assessed(left: Path) -> None:
    (segment,) = left.glob("*.sqlite")
    data = bytearray(segment.read_bytes())
    at = data.rindex(b"MAX_ORDER_QUANTITY")
    data[at] ^= 1
    segment.write_bytes(bytes(data))
    said = tradewright("assess", "--journal", left)
    assert (said.code, said.out) == (1, "") and "it does not fit the chain" in said.err
