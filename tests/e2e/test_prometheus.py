"""Alert rules and the board say what they promise: promtool fires and clears each alert, and a real Prometheus that
scrapes a real service answers every query."""

from __future__ import annotations

import json
import math
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import pytest
import yaml

from scripts.services import Server, free_port, program_of
from tests.e2e.service import STRATEGIES, serving, simulated, variables
from tests.project import COMPILED_ALONE, ROOT
from tradewright.app.api.server import ROUTES
from tradewright.model.control import ALARMS

pytestmark = COMPILED_ALONE
RULES, CASES = ROOT / "deploy/prometheus/alerts.yaml", ROOT / "deploy/prometheus/alerts_test.yaml"
PAGE = ROOT / "docs/metrics.md"
ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
BOARD = json.loads((ROOT / "deploy/grafana/tradewright.json").read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]
NAME = re.compile(r"\b(?:(?:trading|te|tp|engine|prices|tradewright)_[a-z_]+|up)\b")
#: Of what is in a test's own minutes, as Grafana would fill it in.
FILLED = {"$__rate_interval": "15s", "$instance": ".*", "$account": ".*"}
#: What an alarm was raised for is another run's matter: its label is there.
RAISED = "tradewright_alarm_age_seconds"
SECONDS = 20.0
CONFIG = """accounts:
  main:
    venue: binance
    environment: testnet
    apiKey: ${{SIM_KEY}}
    secretKey: ${{SIM_SECRET}}
    baseUrl: ${{SIM_URL}}
    symbols: [BTCUSDT]
    bars: 1
  paper: {{venue: paper, symbols: [ETHUSD], cash: 50000}}
  poor: {{venue: paper, symbols: [EURUSD], cash: 500}}
strategies:
  walker: {{strategy: '{file}:Walker', account: main, parameters: {{rounds: 1000}}}}
  other: {{strategy: '{file}:Walker', account: paper, parameters: {{rounds: 1000}}}}
risk: {{maxOpenPositions: 20, maxDailyLossPercent: 30, maxDrawdownPercent: 30, breakerErrors: 5}}
limits: {{'account:poor': {{tradepicker.budget: 0.01}}}}
database: {{url: 'sqlite:///tables.db'}}
stopSeconds: 0
server: {{port: {port}}}
"""


# ── as files ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", [("check", "rules", RULES), ("test", "rules", CASES)], ids=["check", "test"])
def test_promtool_takes_the_rules_and_each_fires_and_clears_as_its_cases_say(command: tuple[str | Path, ...]) -> None:
    promtool = program_of("prometheus").with_name("promtool")
    done = subprocess.run([promtool, *command], capture_output=True, text=True)
    assert done.returncode == 0 and "SUCCESS" in done.stdout, done.stdout + done.stderr


def test_every_alert_has_a_case_in_which_it_is_silent_fires_and_has_cleared() -> None:
    seen = set()
    for case in yaml.safe_load(CASES.read_text())["tests"]:
        looks: dict[str, list[bool]] = {}
        for look in sorted(case["alert_rule_test"], key=lambda look: seconds(look["eval_time"])):
            looks.setdefault(look["alertname"], []).append(bool(look.get("exp_alerts")))
        seen |= {name for name, fired in looks.items() if (fired[0], True in fired, fired[-1]) == (False, True, False)}
    assert seen == {alert["alert"] for alert in ALERTS} and len(ALERTS) > 30


def seconds(text: str) -> int:
    return sum(int(count) * {"s": 1, "m": 60}[unit] for count, unit in re.findall(r"(\d+)([sm])", text))


def test_every_alert_has_its_words_is_on_the_page_and_what_it_sends_a_person_to_is_there() -> None:
    paths = {route.path for route in ROUTES}
    assert {alert["alert"] for alert in ALERTS} == set(re.findall(r"`(Tradewright\w+)`", PAGE.read_text()))
    for alert in ALERTS:
        assert alert["labels"]["severity"] in ("critical", "warning"), alert
        assert set(alert["annotations"]) == {"summary", "action"}, alert
        for path in re.findall(r"/api/v1/\w+", alert["annotations"]["action"]):
            assert path in paths, alert


def test_every_alarm_is_alerted_of() -> None:
    """By its age; a connection that is lost by how often, and what lasts by gauges of their own."""
    found = re.findall(r'code(=~|!~|=)"([A-Z_|]+)"', " ".join(alert["expr"] for alert in ALERTS))
    named = {code for how, codes in found if how != "!~" for code in codes.split("|")}
    (left_out,) = [codes.split("|") for how, codes in found if how == "!~"]
    assert named <= ALARMS.keys() and set(left_out) <= ALARMS.keys()
    assert set(left_out) == {*named, "RECONCILIATION_FAILED", "OUTCOME_OVERDUE"}


def test_panels_have_a_place_of_their_own_and_ask_the_source_that_is_chosen() -> None:
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    for one, other in combinations([panel["gridPos"] for panel in BOARD["panels"]], 2):
        aside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert aside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"], (one, other)
    for panel in PANELS:
        for asked in (panel, *panel["targets"]):
            assert asked["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, panel["title"]
    assert BOARD["schemaVersion"] >= 38 and BOARD["templating"]["list"][0]["type"] == "datasource"


# ── against a service ──────────────────────────────────────────────────────────────────────────────────────────────


class Prometheus(NamedTuple):
    """One that scrapes a service which trades."""

    url: str

    def get(self, path: str, **query: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urlencode(query)}", timeout=SECONDS) as answer:
            return json.loads(answer.read())["data"]

    def values(self, query: str) -> list[float]:
        """The figures that it has for a query now."""
        return [float(sample["value"][1]) for sample in self.get("query", query=query)["result"]]

    def has(self, query: str) -> bool:
        return any(map(math.isfinite, self.values(query)))

    def labels(self, names: set[str]) -> set[str]:
        """Of all series of these names."""
        series = [one for name in names for one in self.get("series", **{"match[]": name})]
        return {label for one in series for label in one}

    def firing(self) -> set[str]:
        return {alert["labels"]["alertname"] for alert in self.get("alerts")["alerts"] if alert["state"] == "firing"}

    def until_it_has(self, queries: list[str]) -> list[str]:
        """Those that it has nothing for in time."""
        end = time.monotonic() + SECONDS
        while missing := [query for query in queries if not self.has(query)]:
            if time.monotonic() > end:
                break
            time.sleep(0.25)
        return missing


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """It scrapes a service with an account at a simulated venue, whose orders somebody else places too, one on paper,
    and one that is refused what it asks for; strategies trade, one of them is stopped, and positions are closed."""
    folder, port, server = tmp_path_factory.mktemp("watched"), free_port(), Server("prometheus")
    try:
        shutil.copy(RULES, server.folder / "rules.yaml")
        (server.folder / "targets.json").write_text(json.dumps([{"targets": [f"127.0.0.1:{port}"]}]))
        assert server.process is not None
        server.process.send_signal(signal.SIGHUP)
        (folder / "service.yaml").write_text(CONFIG.format(file=STRATEGIES, port=port))
        with simulated("binance") as venue:
            environment = variables(folder, venue.url)
            with serving(folder / "service.yaml", folder / "home", environment) as service:
                service.hears("READY  main")
                found = Prometheus(server.url)
                assert (
                    found.until_it_has(
                        [f'{name}{{job="tradewright"}} > 0' for name in ("up", "trading_positions_count")]
                    )
                    == []
                )
                venue.asked("/api/v3/order", "POST", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.001")
                key = (folder / "home/admin.key").read_text().strip()
                order = {"symbol": "EURUSD", "side": "buy", "type": "market", "quantity": "1000"}
                assert told(port, key, "POST", "orders?account=poor", order) == 200
                assert told(port, key, "DELETE", "positions?account=paper") == 200
                assert told(port, key, "POST", "kill", {"scope": "strategy:other", "reason": "it is watched"}) == 200
                yield found
    finally:
        server.stop()


def told(port: int, key: str, how: str, path: str, body: object = None) -> int:
    """A wish of a person to the service; the status of its answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}"}
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/{path}", data, headers, method=how)
    try:
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def test_every_query_of_the_board_has_an_answer(prometheus: Prometheus) -> None:
    queries = [filled(query) for query in QUERIES]
    assert prometheus.until_it_has(queries) == [] and len(queries) > 40
    for variable in BOARD["templating"]["list"][1:]:
        metric, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()  # type: ignore[union-attr]
        assert prometheus.get(f"label/{quote(label)}/values", **{"match[]": filled(metric)}), variable


def test_every_alert_looks_at_something_that_is_there(prometheus: Prometheus) -> None:
    # What is compared with a threshold: an alert itself has an answer only while it fires.
    looked_at = [re.split(r" (?:==|>=|<=|<|>) ", alert["expr"])[0] for alert in ALERTS if RAISED not in alert["expr"]]
    assert prometheus.until_it_has([*looked_at, RAISED]) == []
    groups = prometheus.get("rules")["groups"]
    evaluated = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
    assert evaluated == {alert["alert"]: "ok" for alert in ALERTS}


def test_alerts_fire_at_what_has_happened_here_and_at_nothing_else(prometheus: Prometheus) -> None:
    happened, end = {"TradewrightScopeStopped", "TradewrightForeignHand"}, time.monotonic() + SECONDS
    while prometheus.firing() != happened and time.monotonic() < end:
        time.sleep(0.25)
    assert prometheus.firing() == happened


def test_no_query_names_a_metric_or_a_label_that_the_service_does_not_have(prometheus: Prometheus) -> None:
    known = set(prometheus.get("label/__name__/values"))
    for query in [*map(filled, QUERIES), *(alert["expr"] for alert in ALERTS)]:
        names = set(NAME.findall(re.sub(r'"[^"]*"', "", query)))
        assert names and names <= known, query
        grouped = ",".join(re.findall(r"\b(?:by|on) \(([^)]*)\)", query))
        labels = {*re.findall(r"(\w+)(?:=~|!~|!=|=)\"", query), *re.findall(r"\w+", grouped)}
        assert labels <= prometheus.labels(names), query


def filled(query: str) -> str:
    for variable, value in FILLED.items():
        query = query.replace(variable, value)
    return query
