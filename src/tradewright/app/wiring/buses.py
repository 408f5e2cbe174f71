"""Which message bus is told: named by the scheme of its URL."""

from __future__ import annotations

from importlib.util import find_spec

from tradewright.model.errors import InputError
from tradewright.ports import NATS, Bus, BusTerms


def check_bus(url: str) -> None:
    """Whether what it needs is installed. Raises InputError."""
    module = "nats" if url.partition(":")[0] in NATS else "redis"
    if find_spec(module) is None:
        raise InputError(f"a message bus needs {module}: pip install 'tradewright[bus]'")


async def open_bus(terms: BusTerms) -> Bus:
    """Raises InputError, BusError."""
    if terms.url.partition(":")[0] in NATS:
        from tradewright.adapters.bus.nats import open_nats

        return await open_nats(terms)
    from tradewright.adapters.bus.redis import open_redis

    return await open_redis(terms)
