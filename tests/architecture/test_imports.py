"""Who may import whom, beyond the layers in pyproject.toml: witnesses, adapters, and who may name an adapter."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import grimp
import pytest

from tests.project import PACKAGE, ROOT, SRC

#: Independent witnesses: if they shared code with what they judge, they would share its bugs.
WITNESSES = ("sim.exchange", "sim.models", "sim.wire", "prove.auditor")
JUDGED = ("core", "signal", "trader", "adapters")
#: What every adapter may import, beside its own folder.
ADAPTERS_MAY = ("model", "ports", "adapters.net")
#: What a venue's client may import besides.
VENUES_MAY = ("adapters.chain",)
#: The composition root and the proofs: they alone name a concrete adapter.
NAME_ADAPTERS = ("app.wiring", "prove")


def inside(module: str, *rooms: str) -> bool:
    """Whether `module` lies in one of `rooms`, both without the leading "tradewright."."""
    return any(f"{module}.".startswith(f"{room}.") for room in rooms)


def own_folder(adapter: str) -> str:
    """What belongs to one adapter: a venue sees only itself, any other its room (`adapters.store`)."""
    return ".".join(adapter.split(".")[: 3 if inside(adapter, "adapters.venue") else 2])


def breaches(graph: grimp.ImportGraph) -> Iterator[str]:
    """Every import in `graph` that breaks a rule, as "importer → imported"."""
    for name in sorted(graph.modules):
        module = name.partition(".")[2]
        direct = sorted(other.partition(".")[2] for other in graph.find_modules_directly_imported_by(name))
        if inside(module, *WITNESSES):
            reached = sorted(other.partition(".")[2] for other in graph.find_upstream_modules(name))
            yield from (f"{module} → {other}" for other in reached if inside(other, *JUDGED))
        if inside(module, "adapters"):
            allowed = (*ADAPTERS_MAY, *(VENUES_MAY if inside(module, "adapters.venue") else ()), own_folder(module))
            yield from (f"{module} → {other}" for other in direct if not inside(other, *allowed))
        elif not inside(module, *NAME_ADAPTERS):
            yield from (f"{module} → {other}" for other in direct if inside(other, "adapters"))


def test_the_package_keeps_the_rules() -> None:
    assert list(breaches(grimp.build_graph("tradewright", cache_dir=None))) == []


def test_the_compiled_build_keeps_the_rules() -> None:
    graph = grimp.ImportGraph()
    for pxd in sorted(PACKAGE.rglob("*.pxd")):
        module = ".".join(pxd.relative_to(SRC).with_suffix("").parts)
        add_cimports(graph, module, pxd.read_text())
    assert graph.count_imports() > 0
    assert [*breaches(graph), *upward(graph)] == []


CIMPORT = re.compile(r"^(?:from (tradewright[\w.]*) cimport|cimport (tradewright[\w.]*))", re.MULTILINE)


def add_cimports(graph: grimp.ImportGraph, module: str, pxd: str) -> None:
    """Adds what a .pxd cimports, which import-linter can not see."""
    for found in CIMPORT.findall(pxd):
        graph.add_import(importer=module, imported="".join(found))


def upward(graph: grimp.ImportGraph) -> Iterator[str]:
    """Every import in `graph` that does not lead into the same room or a lower layer of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    depth = {room.strip("() "): at for at, layer in enumerate(layers) for room in layer.split("|")}
    for importer in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            above, below = importer.split(".")[1], imported.split(".")[1]
            if above != below and depth[above] >= depth[below]:
                yield f"{importer} → {imported}"


@pytest.mark.parametrize(
    ("pxd", "is_upward"),
    [
        ("from tradewright.trader cimport Trader", True),
        ("from tradewright.signal.indicators.part cimport Part", True),
        ("cimport tradewright.sim.exchange.book", True),
        ("from tradewright.model.order cimport Order\ncimport tradewright.core.ledger", False),
        ("from libc.stdint cimport int64_t", False),
    ],
)
def test_a_cimport_leads_downwards(pxd: str, is_upward: bool) -> None:
    graph = grimp.ImportGraph()
    add_cimports(graph, "tradewright.core.orders", pxd)
    assert (list(upward(graph)) != []) == is_upward


TWINS = {
    "a witness sees the core": ("sim.exchange > core.orders", "sim.exchange > model.order"),
    "a witness, through another": ("sim.exchange.book > model.x, model.x > core.ledger", "sim.market > core.ledger"),
    "the wire server shares a codec": (
        "sim.wire.binance > adapters.venue.binance.wire",
        "sim.wire.binance > sim.faults",
    ),
    "the auditor sees the trader": ("prove.auditor > trader", "prove.faults > trader"),
    "an adapter sees the core": ("adapters.journal > core.orders", "adapters.journal > ports"),
    "a venue sees another": (
        "adapters.venue.mt5.client > adapters.venue.ccxt.wire",
        "adapters.venue.mt5.client > adapters.venue.mt5.wire",
    ),
    "the chain of an order sees a venue": (
        "adapters.chain.desk > adapters.venue.binance",
        "adapters.venue.binance > adapters.chain.book, adapters.chain.book > adapters.net",
    ),
    "what every client needs sees what some need": (
        "adapters.net > adapters.chain.book",
        "adapters.venue.mt5 > adapters.chain.book",
    ),
    "a store sees a bus": ("adapters.store.sql > adapters.bus.nats", "adapters.store.sql > adapters.net"),
    "the command line names an adapter": ("cli > adapters.journal", "cli > app.wiring, app.wiring > adapters.journal"),
    "the engine names an adapter": ("app.live > adapters.feed", "prove.faults > adapters.feed"),
}


@pytest.mark.parametrize("rule", TWINS)
def test_each_rule_catches_the_bad_and_spares_the_good(rule: str) -> None:
    bad, good = (graph_of(text) for text in TWINS[rule])
    assert list(breaches(bad)) != []
    assert list(breaches(good)) == []


def graph_of(text: str) -> grimp.ImportGraph:
    graph = grimp.ImportGraph()
    for link in text.split(", "):
        importer, imported = (f"tradewright.{module}" for module in link.split(" > "))
        graph.add_module(importer)
        graph.add_module(imported)
        graph.add_import(importer=importer, imported=imported)
    return graph
