"""Names at the bus are those that were asked for."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tests.project import ROOT
from tests.seeds.asked import asked
from tradewright.app.api.asyncapi import asyncapi_of
from tradewright.app.api.messages import EVENTS
from tradewright.app.bus.subjects import HEARD, subject_of
from tradewright.app.config import read_config
from tradewright.app.decision_message import DecisionMessage


def fields(struct: type[msgspec.Struct]) -> set[str]:
    return {one.encode_name for one in msgspec.structs.fields(struct)}


def test_every_event_that_was_asked_for_is_published_with_what_it_says() -> None:
    for one in asked("events")["publishes"]:
        assert {*one["has"]} <= fields(EVENTS[one["event"]].data), one
    for one in asked("shapes"):
        if one["shape"] == "order filled":
            assert {*one["fields"]} <= fields(EVENTS["trade.order.filled"].data)


def test_every_event_that_was_asked_for_may_be_subscribed_to() -> None:
    heard = {one["event"]: one.get("has", ()) for one in asked("events")["consumes"]}
    assert {*heard} == {*HEARD}
    assert {*heard["ai.decision.generated"]} <= fields(DecisionMessage)


def test_what_the_shipped_configuration_shows_can_be_taken_in(tmp_path: Path) -> None:
    lines = (ROOT / "config/tradewright.yaml").read_text().splitlines()
    begin = lines.index("# eventBus:")
    file = tmp_path / "service.yaml"
    file.write_text("\n".join([*lines[:begin], *(line.removeprefix("# ") for line in lines[begin:])]))
    config = read_config(file, {})
    assert config.block.event_bus is not None and config.block.event_bus.decisions == {"paper": ["ai_model"]}
    file.write_text(file.read_text().replace("url: nats", "# url: nats").replace("# or: redis", "url: redis"))
    config = read_config(file, {"REDIS_PORT": "6380"})
    assert config.block.event_bus is not None and config.block.event_bus.url == "redis://127.0.0.1:6380"


def test_the_document_names_every_subject_with_the_form_of_what_comes_there() -> None:
    document = asyncapi_of(lambda schemas: schemas)
    addresses = {one["address"]: name for name, one in document["channels"].items()}
    for type in EVENTS:
        name = addresses[subject_of(type, "ai-trader.trade")]
        assert document["operations"][name]["action"] == "send"
        assert document["channels"][name]["messages"][type]["payload"] == document["x-events"][type]["payload"]
    heard = document["operations"][addresses["ai-trader.ai.decision.generated"]]
    assert heard["action"] == "receive"
    assert {*document["components"]["schemas"]["DecisionMessage"]["properties"]} == fields(DecisionMessage)
