"""Who may import whom, beyond the layers in pyproject.toml: witnesses, adapters, and who may name an adapter."""

from __future__ import annotations

from collections.abc import Iterator

import grimp
import pytest

#: Independent witnesses: if they shared code with what they judge, they would share its bugs.
WITNESSES = ("sim.exchange", "sim.models", "sim.wire", "prove.auditor")
JUDGED = ("core", "signal", "trader", "adapters")
#: What every adapter may import, beside its own folder.
ADAPTERS_MAY = ("model", "ports", "adapters.net")
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
            allowed = (*ADAPTERS_MAY, own_folder(module))
            yield from (f"{module} → {other}" for other in direct if not inside(other, *allowed))
        elif not inside(module, *NAME_ADAPTERS):
            yield from (f"{module} → {other}" for other in direct if inside(other, "adapters"))


def test_the_package_keeps_the_rules() -> None:
    assert list(breaches(grimp.build_graph("tradewright", cache_dir=None))) == []


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
