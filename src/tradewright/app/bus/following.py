"""The message bus of a service: who keeps the process that tells it and listens to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tradewright.app.bus.place import NAME
from tradewright.app.bus.subjects import heard_at
from tradewright.app.config import Config, bus_parts
from tradewright.app.config_keys import EventBusBlock
from tradewright.app.home import JOURNAL
from tradewright.app.keeper import Keeper
from tradewright.ports import BusTerms


def events_keeper(
    config: Config,
    block: EventBusBlock,
    folder: Path,
    since: int,
    tell: Callable[[str], None],
    hear: Callable[[Any], object],
) -> Keeper:
    """since: the journal's last record before this start; hear: takes what somebody
    has put on the bus, when it is asked for."""
    parts = bus_parts(block.url)
    subjects = [subject for one in block.subscriptions for subject in heard_at(one)]
    terms = BusTerms(
        block.url, config.secret_or("eventBus.password"), config.secret_or("eventBus.token"), "", block.publish_prefix,
        [*dict.fromkeys(subjects)], block.consumer,
    )  # fmt: skip
    # Who tells, and which password he has, is no part of where it is.
    bus = f"{parts.scheme}://{parts.hostname}:{parts.port or ''}{parts.path} {block.publish_prefix}"
    asked = {
        "journal": str(folder / JOURNAL), "place": str(folder / NAME), "bus": bus, "since": since,
        "terms": terms._asdict(),
    }  # fmt: skip
    return Keeper("EVENTS", "tradewright.app.bus.process", asked, tell, hear)
