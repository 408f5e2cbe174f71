"""Nothing that the documents show is missing from the data, and the data says nothing else than they do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.seeds.asked import FOLDER, Plain, asked
from tests.seeds.documents import NAMES, at, blocks, documents, fields, parts_of

Documents = dict[str, list[str]]
DATA = ("shapes", "endpoints", "events", "metrics", "errors", "toggles", "configuration")


@pytest.fixture
def known(shared: Path) -> Documents:
    return documents(shared)


def rows(found: Any) -> Iterator[dict[str, Any]]:
    """Every row of a file that says where it stands."""
    if isinstance(found, dict) and "at" in found:
        yield found
    elif isinstance(found, dict | list):
        for one in found.values() if isinstance(found, dict) else found:
            yield from rows(one)


def of_documents(name: str, key: str) -> set[str]:
    """The names of one kind that stand in a document, and not in the requirements alone."""
    return {one[key] for one in rows(asked(name)) if key in one and one["at"].startswith(NAMES)}


def told(known: Documents, pattern: str, *names: str) -> set[str]:
    """What a pattern finds in documents."""
    return {found for name in names or NAMES for found in re.findall(pattern, "\n".join(known[name]))}


def test_every_block_is_kept_or_said_to_hold_nothing(known: Documents) -> None:
    found = {f"{name}:{first}-{last}" for name in NAMES for first, last in blocks(known[name])}
    stated = asked("blocks")
    assert {one["at"] for one in stated} == found and len(stated) == len(found)
    assert all(one.get("is") or {*one["kept"]} <= {*DATA, "tables"} for one in stated)


def test_every_shape_is_the_documents_field_by_field_and_none_is_missing(known: Documents) -> None:
    shapes = asked("shapes")
    for one in shapes:
        assert one["fields"] == fields(at(one["at"], known)), one["shape"]
    kept = {
        (name, line) for name, first, last in (parts_of(one["at"]) for one in shapes) for line in range(first, last + 1)
    }
    for block in asked("blocks"):
        name, first, last = parts_of(block["at"])
        for line in range(first, last + 1) if "shapes" in block.get("kept", ()) else ():
            assert not fields([known[name][line - 1]]) or (name, line) in kept, f"{name}:{line}"


def test_every_endpoint_is_kept(known: Documents) -> None:
    http = {f"{method} {path}" for method, path in told(known, r"\b(GET|POST|PUT|PATCH|DELETE) (/[\w/:?=&.-]+)")}
    calls = {f"{method.upper()} {path}" for method, path in told(known, r"\bapi\.(\w+)\('([^']+)'")}
    sockets = {f"WS {path}" for path in told(known, r"`ws://[^/]+([^`]+)`")}
    assert of_documents("endpoints", "endpoint") == http | calls | sockets


def test_every_event_is_kept_with_what_is_said_of_it(known: Documents) -> None:
    names = told(known, r"`((?:ai|market|system|trade)\.[a-z.]+)`") | told(known, r"publishEvent\('([^']+)'")
    sockets = told(known, r"this\.ws\.on\('([^']+)'")
    assert of_documents("events", "event") == names | sockets
    for one in rows(asked("events")):
        assert all(
            one[key] in " ".join(at(one["at"], known))
            for key in ("says", "action")
            if key in one and one["at"].startswith(NAMES)
        )


def test_every_metric_is_kept_with_its_labels(known: Documents) -> None:
    found = dict(told(known, r"`((?:trading|te|tp|engine|prices)_[a-z_]+)(?:\{([^}]*)\})?`", "S1", "S4"))
    kept = {one["metric"]: ",".join(one.get("labels", ())) for one in asked("metrics")["metrics"]}
    # By words alone: "by status".
    assert kept == {name: labels.replace('"', "") for name, labels in found.items()} | {
        "trading_orders_total": "status"
    }
    types = dict(told(known, r"\| `(\w+)` \| (Counter|Histogram|Gauge) \|", "S1"))
    assert {name: kind.lower() for name, kind in types.items()}.items() <= {
        one["metric"]: one["type"] for one in asked("metrics")["metrics"]
    }.items()
    (alerts,) = told(known, r"\*\*Alerts:\*\*\n- (.+)\.", "S4")
    assert [one["alert"] for one in asked("metrics")["alerts"]] == alerts.split(", ")


def test_every_code_and_check_is_kept(known: Documents) -> None:
    found = told(known, r"`([A-Z]+(?:_[A-Z]+)+)`") - {"PAPER_LIVE"}
    assert of_documents("errors", "code") == found
    actions = dict(told(known, r"\| `([A-Z_]+)` \| [^|]+ \| ([^|]+?) \|", "S1"))
    assert {one["code"]: one["action"] for one in asked("errors")["errors"]}.items() >= actions.items()
    numbered = told(known, r"\n  \d\. (.+)", "S3")
    shown = {path.removeprefix("checks.") for path in fields(known["S1"][242:258]) if path.startswith("checks.")}
    assert of_documents("errors", "check") == numbered | shown


def test_every_toggle_is_kept_with_what_it_takes(known: Documents) -> None:
    stated = {f"{one['toggle']} = {' | '.join(one.get('takes', ())) or one['default']}" for one in in_document("S4")}
    assert stated == told(known, r"`([\w.]+\.\w+ = [^`]+)`", "S4")
    assert {one["toggle"] for one in in_document("S0")} == {*fields(known["S0"][173:189])}
    assert {one["toggle"] for one in in_document("S3")} == told(known, r"`(\w+_secs)`", "S3")
    for one in asked("toggles"):
        assert one.get("default", "") in " ".join(at(one["at"], known)), one


def in_document(name: str) -> list[dict[str, Any]]:
    return [one for one in asked("toggles") if one["at"].startswith(name)]


def test_every_configuration_is_the_documents(known: Documents) -> None:
    for place, content in asked("configuration")["blocks"].items():
        text = "\n".join(at(place, known))
        if not text.startswith("trading-engine"):
            # Written as an object of TypeScript, whose braces and commas YAML has as well.
            text = "{" + re.sub(r" *//.*", "", text).rstrip(",") + "}"
        assert yaml.load(text, Plain) == content, place
    found = told(known, r"\n([A-Z_]+=\S+)", "S2")
    assert {f"{one['variable']}={one['value']}" for one in asked("configuration")["variables"]} == found
    table = told(known, r"\| (Max [\w ]+) \| [^|]+ \| (\S+) \|", "S1")
    assert {(one["rule"], one["default"]) for one in asked("configuration")["rules"]} == table


def test_the_tables_are_the_documents_word_by_word(known: Documents) -> None:
    assert (FOLDER / "order_service_tables.sql").read_text().splitlines() == [
        line for line in at("S1:172-233", known) if line != "-- trading schema"
    ]
    lines = [line.removeprefix("- ").removeprefix("  ") for line in known["S4"] if re.match(r"- .*`\w+\(", line)]
    assert [line.removeprefix("- ") for line in (FOLDER / "stream_tables.txt").read_text().splitlines()] == lines


def test_what_is_not_of_a_document_is_of_a_row_of_the_requirements(shared: Path) -> None:
    text = (shared / "REQUIREMENTS.md").read_text()
    for name in DATA:
        for one in rows(asked(name)):
            if not one["at"].startswith(NAMES):
                assert f"\n| {one['at']} |" in text, one


def test_what_is_settled_is_settled_by_words_of_the_requirements(shared: Path) -> None:
    text = " ".join((shared / "REQUIREMENTS.md").read_text().split())
    for groups in asked("differences").values():
        for group in groups:
            assert group.get("by", "") in text, group["by"]
