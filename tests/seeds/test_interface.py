"""What a service really says and answers, against what was asked for: each difference is on the list, with its reason,
and nothing is on the list that is no difference."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.project import COMPILED_ALONE, ROOT
from tests.seeds.asked import asked
from tests.seeds.listed import Parts, differences, listed
from tests.seeds.schemas import Fields, Schemas, fields_of
from tests.seeds.service import Said, said
from tests.unit.connector.test_connector import GET, OPEN, POST, call, service_of
from tests.unit.sim.wire.mt5_door import Door
from tradewright.app.api.books import BROKER_ERROR
from tradewright.core.stations import RULES
from tradewright.core.watching import WAITING_LIMIT

pytestmark = COMPILED_ALONE


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Said:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("service")
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        return said(folder)


# ── shapes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_shape_is_as_asked_for_but_for_what_the_list_has(service: Said) -> None:
    was: Parts = {}
    here: Parts = {}
    for one in asked("shapes"):
        name, fields, found = one["shape"], one["fields"], shape_here(one, service)
        was |= {f"{name}: {field}": words for field, words in fields.items()}
        # What may be anything is what it is here.
        here |= {
            f"{name}: {field}": words if words.startswith("any") else found[field]
            for field, words in fields.items()
            if field in found
        }
        if more := sorted({*found} - {*fields}):
            here[f"{name}: more"] = ", ".join(more)
    assert differences(was, here) == listed("shapes")


def shape_here(one: dict[str, Any], service: Said) -> Fields:
    """The fields of what a shape is compared with."""
    kind, _, place = one["here"].partition(" ")
    deep = any("." in field for field in one["fields"])
    if kind == "live":
        # A venue's check has its name.
        return {name.replace("paper", "alpaca"): words for name, words in fields_of(service.health).items()}
    if kind == "connector":
        return open_trade()
    if kind in ("event", "message"):
        schemas = Schemas(service.asyncapi)
        name, _, path = place.partition(" ")
        if kind == "event":
            payload = service.asyncapi["x-events"][name]["payload"]
            return schemas.fields(payload["allOf"][1]["properties"]["data"], path, deep)
        return schemas.fields(service.asyncapi["components"]["messages"][name]["payload"], path, deep)
    method, address, path = (*place.split(" "), "")[:3]
    operation = service.openapi["paths"][slots(address)][method.lower()]
    of = operation["requestBody"] if kind == "body" else operation["responses"]["200"]
    found = Schemas(service.openapi).fields(of["content"]["application/json"]["schema"], path, deep, kind == "body")
    if (method, address, kind) == ("POST", "/api/v1/orders", "body"):
        found |= {
            price: f"{found[price]}, needed for {' and '.join(types)} orders" for price, types in service.needed.items()
        }
    return found


def slots(address: str) -> str:
    """/orders/:orderId as the OpenAPI document writes it."""
    return re.sub(r":(\w+)", lambda match: "{" + re.sub("([A-Z])", r"_\1", match[1]).lower() + "}", address)


def open_trade() -> Fields:
    """A position as the connector tells it: of both sides, with exits and without."""
    connector = service_of(Door())
    for more in ({"take_profit": 2700.25}, {"direction": "sell", "stop_loss": None}):
        assert call(connector, POST, "trades/open", {**OPEN, **more})[0] == 200
    rows = call(connector, GET, "open-positions")[1]["positions"]
    guarded, bare = map(fields_of, rows)
    found = {name: " or ".join(dict.fromkeys((guarded[name], bare[name]))) for name in guarded}
    return {**found, "direction": " | ".join(sorted(row["direction"] for row in rows))}


# ── endpoints, events, metrics, codes ──────────────────────────────────────────────────────────────────────────────


def test_every_endpoint_is_there_but_for_what_the_list_has(service: Said) -> None:
    was: Parts = {}
    here: Parts = {}
    for one in asked("endpoints"):
        name, _, query = one["endpoint"].partition("?")
        was[name] = asking([part.partition("=")[0] for part in query.split("&") if part])
        found = parameters_of(name, one.get("of", ""), service)
        if found is not None:
            here[name] = asking(found)
    assert differences(was, here) == listed("endpoints")


def parameters_of(name: str, of: str, service: Said) -> list[str] | None:
    """What an endpoint may be asked with, None = there is none."""
    method, address = name.split(" ")
    if method == "WS":
        sockets = [one["address"] for one in service.asyncapi["channels"].values()]
        return [] if address.replace("$", "") in sockets else None
    if of == "connector":
        return [] if call(service_of(Door()), method, address.removeprefix("/api/v1/"))[0] == 200 else None
    operation = service.openapi["paths"].get(slots(address), {}).get(method.lower())
    return operation and [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]


def asking(names: list[str]) -> str:
    return f"?{', '.join(sorted(names))}" if names else "no query"


def test_every_event_is_told_or_heard_but_for_what_the_list_has(service: Said) -> None:
    told, schemas = service.asyncapi["x-events"], Schemas(service.asyncapi)
    named: dict[str, list[str]] = {}
    for type, one in told.items():
        named.setdefault(one["event"], []).append(type)
    heard = {
        message: channel["messages"][message]["payload"]
        for name, channel in service.asyncapi["channels"].items()
        for message in channel["messages"]
        if service.asyncapi["operations"].get(name, {}).get("action") == "receive"
    }
    was: Parts = {}
    here: Parts = {}
    for kind, events in asked("events").items():
        for one in events:
            name, has = one["event"], one.get("has", [])
            was[name] = f"{kind}: {one.get('action') or ', '.join(has)}"
            payloads = [heard[name]] if name in heard else []
            if kind != "consumes":
                types = named.get(name, []) if kind == "sockets" else [name] * (name in told)
                payloads = [told[type]["payload"]["allOf"][1]["properties"]["data"] for type in types]
            if payloads and all({*has} <= {*schemas.fields(payload)} for payload in payloads if has):
                here[name] = was[name]
    assert differences(was, here) == listed("events")


def test_every_metric_and_alert_is_there_but_for_what_the_list_has(service: Said) -> None:
    families = {
        f"{one.name}_total" if one.type == "counter" else one.name: one
        for one in text_string_to_metric_families(service.metrics)
    }
    was: Parts = {}
    here: Parts = {}
    for one in asked("metrics")["metrics"]:
        name, labels = one["metric"], one.get("labels", [])
        was[name] = f"{one['type']} {' '.join(labels)}".strip()
        if name in families:
            here[name] = f"{families[name].type} {' '.join(labels_of(families[name], labels))}".strip()
    rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text())
    alerts = {rule["alert"]: rule["expr"] for group in rules["groups"] for rule in group["rules"]}
    for one in asked("metrics")["alerts"]:
        was[one["alert"]] = "alert"
        if one.get("threshold", "") in alerts.get(one.get("here"), "") and one.get("here") in alerts:
            here[one["alert"]] = "alert"
    assert differences(was, here) == listed("metrics")


def labels_of(family: Any, asked_for: list[str]) -> list[str]:
    """The labels of a metric, those that were asked for first; with their value where that was asked for."""
    rows = [{name: value for name, value in sample.labels.items() if name != "le"} for sample in family.samples]
    assert rows, f"{family.name} has no sample"
    fixed = {f"{name}={value}" for name, value in rows[0].items() if all(row[name] == value for row in rows)}
    found = [one for one in asked_for if one in {*rows[0]} | fixed]
    return found + sorted({*rows[0]} - {one.partition("=")[0] for one in found})


def test_every_code_and_check_is_there_but_for_what_the_list_has() -> None:
    codes = {*(rule.code for rule in RULES), BROKER_ERROR}
    was = {one["code"]: one["action"] for one in asked("errors")["errors"]}
    # An opening in a closed market waits where that is wanted.
    queued = {rule.code for rule in RULES if WAITING_LIMIT in rule.also}
    here = {code: was[code] if code in queued else "Reject order" for code in was if code in codes}
    for one in asked("errors")["checks"]:
        was[one["check"]] = "checked"
        here |= {one["check"]: "checked"} if one["here"] and {*one["here"]} <= codes else {}
    assert differences(was, here) == listed("errors")
