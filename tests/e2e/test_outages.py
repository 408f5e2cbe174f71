"""Two services under load, whose PostgreSQL, NATS and Redis are killed one after the other and then all at once, and
come back: trading goes on meanwhile, nothing is lost or doubled, and the tables are those of a rebuild."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from scripts.services import Server
from tests.bus.test_serving import agree
from tests.e2e.command import tradewright
from tests.e2e.judge import DECISION, FILLED, SUBMIT, check_fills, check_orders, witness
from tests.e2e.load import Load
from tests.e2e.service import STRATEGIES, Background, serving
from tests.project import COMPILED_ALONE
from tests.store.test_projections import differing, told
from tradewright.adapters.journal import verify
from tradewright.adapters.store.sql.store import SqlStore
from tradewright.app.home import JOURNAL, own_book
from tradewright.model.event import DECISION_REQUESTED, ORDER_NAMED

pytestmark = COMPILED_ALONE

TABLES, EVENTS = "TABLES follow the journal", "EVENTS follow the journal"
NO_TABLES, NO_EVENTS = "TABLES do not follow — the database: ", "EVENTS do not follow — the bus: "
FILLS = "FILL   "
DECIDED = "ai-trader.ai.decision.generated"
#: A service for each bus, and the database of its tables.
BUSES = {"nats": "postgres", "redis": "other"}
NAMES = ("postgres", *BUSES)
#: How long a server is away, seconds.
SHORT, LONG = 2.0, 60.0


class Site:
    """A service under load. bus: its bus; tables: the database of its tables."""

    def __init__(self, folder: Path, bus: Server, postgres: Server) -> None:
        self.home = folder / "home"
        self.bus = bus
        self.tables = f"{postgres.url.rpartition('/')[0]}/{BUSES[bus.name]}"
        self.file = folder / "service.yaml"
        folder.mkdir()
        self.file.write_text(
            "accounts:\n  one: {venue: paper, symbols: [BTCUSD, ETHUSD], cash: 1000000}\n"
            f"strategies:\n  walker: {{strategy: '{STRATEGIES}:Walker', parameters: {{rounds: 100000}}}}\n"
            f"risk: {{maxOrderValue: 10000}}\nstopSeconds: 2\nserver: {{port: 0}}\ndatabase: {{url: {self.tables}}}\n"
            f"eventBus:\n  url: {bus.url}\n  subscriptions: [{DECIDED}]\n  decisions: {{one: [ai]}}\n"
        )
        self.service: Background
        self.load: Load

    @contextmanager
    def standing(self) -> Iterator[Background]:
        environment = {**os.environ, "XDG_STATE_HOME": str(self.file.with_name("state"))}
        with serving(self.file, self.home, environment) as self.service:
            yield self.service

    def loaded(self) -> Load:
        """Once it is ready for that."""
        for line in (TABLES, EVENTS, FILLS):
            self.service.hears(line)
        (line,) = self.service.said("API    http")
        key = (self.home / "admin.key").read_text().strip()
        self.load = Load(line.split()[2], key, self.bus.url, DECIDED)
        return self.load

    def health(self) -> dict[str, Any]:
        (line,) = self.service.said("API    http")
        with urllib.request.urlopen(f"{line.split()[2]}/health", timeout=20) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found

    def caught_up(self) -> bool:
        """Whether bus and tables have all but the newest records."""
        (line,) = self.service.said("API    http")
        with urllib.request.urlopen(f"{line.split()[2]}/metrics", timeout=20) as answer:
            families = text_string_to_metric_families(answer.read().decode())
        (found,) = [one for one in families if one.name == "tradewright_follower_lag_records"]
        done = len(found.samples) == 2 and all(sample.value < 100 for sample in found.samples)
        time.sleep(0 if done else 0.5)
        return done

    def counts(self, away: set[str]) -> list[int]:
        """What has to grow, whoever is away: fills, orders over HTTP, and decisions while their bus stands."""
        decided = [] if self.bus.name in away else [len(self.load.said)]
        return [len(self.service.said(FILLS)), len(self.load.answered), *decided]

    def goes_on(self, away: set[str]) -> None:
        before = self.counts(away)

        def grown() -> bool:
            assert self.load.goes_on()
            return all(now >= then + 3 for now, then in zip(self.counts(away), before, strict=True))

        self.service.until(grown)

    def affected(self, away: set[str]) -> list[tuple[str, str]]:
        """What it says when they go and when they are back."""
        tables = [(NO_TABLES, TABLES)] if "postgres" in away else []
        return tables + ([(NO_EVENTS, EVENTS)] if self.bus.name in away else [])


def outage(away: set[str], servers: dict[str, Server], sites: list[Site], seconds: float) -> tuple[int, int]:
    """Kills them, and starts them again on their data; the span in which all of them were away, ns UTC."""
    words = [(site, *said) for site in sites for said in site.affected(away)]
    heard = [(len(site.service.said(gone)), len(site.service.said(back))) for site, gone, back in words]
    for name in away:
        servers[name].kill()
    for (site, gone, _), (times, _) in zip(words, heard, strict=True):
        site.service.hears(gone, times + 1)
    began = time.time_ns()
    for site in sites:
        site.goes_on(away)
        found = site.health()
        assert found["status"] == "healthy"
        assert (found["checks"]["database"] == "disconnected") == ("postgres" in away)
        assert (found["checks"]["eventBus"] == "disconnected") == (site.bus.name in away)
    time.sleep(max(0.0, seconds - (time.time_ns() - began) / 1e9))
    ended = time.time_ns()
    for name in away:
        servers[name].start()
    for (site, _, back), (_, times) in zip(words, heard, strict=True):
        site.service.hears(back, times + 1)
    return began, ended


def judge(site: Site, spans: list[tuple[set[str], int, int]]) -> None:
    """By its journal, its venue's book, its bus and its tables."""
    seen = witness(site.home, own_book(site.home, "one").name)
    check_orders(seen)
    check_fills(seen)
    owner = {order[0]: row[4] for row in seen.rows if row[0] == DECISION for order in row[7]}
    for away, began, ended in spans:
        inside = [row for row in seen.rows if began <= row[1] <= ended]
        for kind in (SUBMIT, FILLED):
            traders = {owner[row[2]] for row in inside if row[0] == kind}
            assert traders >= {"walker", "manual"} | ({"ai"} if site.bus.name not in away else set()), (away, kind)
        assert [name for name, when in site.load.answered if began <= when <= ended], away
    named = Counter(row[3] for row in seen.rows if row[0] == ORDER_NAMED)
    requested = Counter(row[10] for row in seen.rows if row[0] == DECISION_REQUESTED)
    assert set(requested) == {id for id, _ in site.load.said} and set(requested.values()) == {1}
    assert set(named) == {name for name, _ in site.load.answered} | set(requested) and set(named.values()) == {1}
    agree(site.home, site.bus.url)
    tables_agree(site)
    assert tradewright("replay", site.home / JOURNAL, "--verify", "--json").row["differences"] == []


def tables_agree(site: Site) -> None:
    """They hold all of the journal, and what a rebuild makes of it beside them."""
    with psycopg.connect(site.tables, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {BUSES[site.bus.name]}_again".encode())
    found = []
    assert tradewright("tables", "rebuild", "--url", f"{site.tables}_again", "--home", site.home).code == 0
    for url in (site.tables, f"{site.tables}_again"):
        store = SqlStore(url)
        assert store.reached().sequence == verify(site.home / JOURNAL).sequence
        found.append(told(store))
        store.close()
    assert differing(*found) == [] and len(found[0]["fills"]) > 20


@pytest.mark.parametrize("seconds", [SHORT, pytest.param(LONG, marks=[pytest.mark.long, pytest.mark.timeout(1_200)])])
def test_servers_killed_in_turn_and_together_stop_no_trading_and_lose_and_double_nothing(
    seconds: float, tmp_path: Path
) -> None:
    servers: dict[str, Server] = {}
    with ExitStack() as stack:
        for name in NAMES:
            servers[name] = Server(name)
            stack.callback(servers[name].stop)
        with psycopg.connect(servers["postgres"].url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE other")
        sites = [Site(tmp_path / name, servers[name], servers["postgres"]) for name in BUSES]
        for site in sites:
            stack.enter_context(site.standing())
        spans = []
        with ExitStack() as loads:
            for site in sites:
                loads.enter_context(site.loaded())
            for away in ({"postgres"}, {"nats"}, {"redis"}, {*NAMES}):
                spans.append((away, *outage(away, servers, sites, seconds)))
        for site in sites:
            last = [id for id, _ in site.load.said]
            site.service.until(lambda site=site, last=last: all(site.service.said(f"decision {id}:") for id in last))
            # What is behind at the end of a service is told by the next one.
            site.service.until(site.caught_up)
            assert site.service.end() == 0
        for site in sites:
            judge(site, spans)
