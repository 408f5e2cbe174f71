"""What somebody puts on the bus: decisions become orders or records, once; what is forged changes nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.bus.readers import Kept, kept
from tests.bus.senders import decision, forged, put
from tests.bus.test_serving import FOLLOW, configured, publisher_of, variables
from tests.e2e.judge import records
from tests.e2e.service import Background, serving
from tests.unit.core.desk import listing
from tradewright.app.bus.requests import LINES, Requests
from tradewright.app.config_keys import EventBusBlock
from tradewright.app.home import JOURNAL
from tradewright.core.engine import Engine
from tradewright.model.decision_request import DecisionRequested
from tradewright.model.errors import InputError, JournalFull, MayHaveLeft
from tradewright.model.event import DECISION_REQUESTED

CANARY = "canary-0123456789abcdef"
DECISION, SHUTDOWN = "ai.decision.generated", "system.shutdown"


@pytest.fixture(params=["nats", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def root() -> str:
    """Of subjects that nobody else has."""
    return f"t{uuid.uuid4().hex}"


@contextmanager
def asked(
    folder: Path, url: str, root: str, more: str = "decisions: {one: [ai]}", again: bool = False
) -> Iterator[Background]:  # fmt: skip
    """A service that listens to decisions and shutdowns. again: its strategy has done all it does."""
    bus = f"  subscriptions: [{root}.{DECISION}, '{root}.system.*', '{root}.market.session.*']\n  {more}\n"
    file = configured(folder, url, f"{root}.trade", bus)
    file.write_text(file.read_text().replace("rounds: 200", "rounds: 0"))
    with serving(file, folder / "home", variables(folder)) as service:
        service.hears(FOLLOW)
        # There is a price.
        if not again:
            service.hears("SENT   ")
        yield service


def taken_up(folder: Path) -> list[list[Any]]:
    """The decisions that were journaled."""
    return [row for row in records(folder / "home" / JOURNAL) if row[0] == DECISION_REQUESTED]


def ours(url: str, root: str, type: str) -> list[dict[str, Any]]:
    """Events of the strategy that decisions are for."""
    found: list[Kept] = kept(url, f"{root}.trade")
    rows = [json.loads(one.content) for one in found if one.subject == f"{root}.{type}"]
    return [row for row in rows if row["strategyId"] == "ai"]


def test_a_decision_from_a_plain_client_is_an_order_or_a_record_and_a_second_one_is_neither(
    url: str, root: str, tmp_path: Path
) -> None:
    subject = f"{root}.{DECISION}"
    with asked(tmp_path, url, root) as service:
        put(url, subject, decision("d-1"), decision("d-1"), decision("d-1", quantity="0.002"))
        service.hears(f"REFUSED {subject}: decision of eventBus: d-1 was taken up before", 2)
        service.hears("— ai: ")
        put(url, subject, decision("d-2", action="HOLD", quantity=None), decision("d-3", quantity=100))
        service.hears("DENIED ")
        os.kill(publisher_of(service), signal.SIGKILL)
        service.hears(FOLLOW, 2)
        put(url, subject, decision("d-1"), decision("d-4", action="SELL"))
        service.hears("d-1 was taken up before", 3)
        service.hears("d-4")
        assert service.end() == 0
    assert [row[10] for row in taken_up(tmp_path)] == ["d-1", "d-2", "d-3", "d-4"]
    made = ours(url, root, "trade.decision.made")
    assert [(row["data"]["approved"], "decision d-" in row["data"]["reason"]) for row in made] == [
        (True, True), (False, True), (True, True),
    ]  # fmt: skip
    filled = ours(url, root, "trade.order.filled")
    assert [row["data"]["order"]["clientOrderId"] for row in filled] == ["d-1", "d-4"]
    assert [row["data"]["side"] for row in filled] == ["buy", "sell"]


class Hand:
    """Takes what the service would feed its engine. said: its lines."""

    def __init__(self, **more: Any) -> None:
        self.said: list[str] = []
        self.made: list[DecisionRequested] = []
        self.stopped = 0
        block = EventBusBlock(
            url="nats://127.0.0.1", subscriptions=["a.>"], decisions={"one": ["ai"]}, **more
        )  # fmt: skip
        engine = Engine()
        engine.list_instrument(listing("BTCUSD"))
        self.owned = True
        self.requests = Requests(
            block, engine, self.do, self.stop, self.said.append, 1_000, lambda: self.owned
        )  # fmt: skip
        self.failure: Exception | None = None

    def do(self, made: Any) -> None:
        if self.failure is not None:
            raise self.failure
        self.made.append(made(1_000))

    def stop(self) -> None:
        self.stopped += 1

    def hear(self, subject: str, content: str | None, time: int = 2_000) -> bool:
        return self.requests.hear({"subject": subject, "content": content, "bytes": 7, "time": time})


def test_what_is_forged_changes_nothing_and_is_said(url: str, root: str, tmp_path: Path) -> None:
    subject = f"{root}.{DECISION}"
    with asked(tmp_path, url, root) as service:
        put(url, subject, *(content for content, _ in forged()))
        service.hears(f"REFUSED {subject}: ", LINES)
        service.hears("more of it is not said for a while")
        put(url, subject, decision("good"))
        service.hears("decision good")
        assert service.end() == 0
    assert [row[10] for row in taken_up(tmp_path)] == ["good"]


@pytest.mark.parametrize("which", [at for at, (content, _) in enumerate(forged()) if isinstance(content, dict)])
def test_why_a_message_is_none_is_said(which: int) -> None:
    (content, why), hand = forged()[which], Hand()
    assert hand.hear(f"a.{DECISION}", json.dumps(content))
    core = ("holds is", "it has an id")
    if why.startswith(core):
        assert len(hand.made) == 1, "the core refuses it"
        return
    assert hand.made == [] and why in hand.said[0] and hand.said[0].startswith(f"REFUSED a.{DECISION}: ")


def test_bytes_of_any_kind_end_nothing() -> None:
    chance, good = random.Random(7), json.dumps(decision("d-1"))
    for _ in range(3_000):
        hand, text = Hand(), list(good)
        for _ in range(chance.randrange(1, 6)):
            text[chance.randrange(len(text))] = chr(chance.choice([0, 34, 44, 48, 57, 91, 92, 123, 125, 0x2028, 255]))
        assert hand.hear(f"a.{DECISION}", "".join(text)[: chance.randrange(1, len(text) + 1)])
        assert len(hand.made) + len(hand.said) == 1
        assert all(line.isprintable() for line in hand.said)


def test_who_sends_much_that_is_refused_does_not_fill_the_log() -> None:
    hand = Hand()
    for _ in range(100):
        assert hand.hear(f"a.{DECISION}", "{}")
    assert len(hand.said) == LINES and hand.said[-1].endswith("; more of it is not said for a while")


def test_what_can_not_be_made_durable_is_not_settled() -> None:
    hand = Hand()
    hand.failure = JournalFull("no room")
    assert not hand.hear(f"a.{DECISION}", json.dumps(decision("d-1")))
    assert "no room; it is asked for again" in hand.said[0]
    hand.failure = MayHaveLeft("no room")
    assert hand.hear(f"a.{DECISION}", json.dumps(decision("d-1"))), "it may have closed something"
    assert "the journal was full in its middle, and it is not taken up again: no room" in hand.said[1]
    hand.failure = InputError("d-1 was taken up before")
    assert hand.hear(f"a.{DECISION}", json.dumps(decision("d-1")))


def test_what_comes_while_another_engine_may_own_the_accounts_is_not_settled() -> None:
    hand = Hand()
    hand.owned = False
    assert not hand.hear(f"a.{DECISION}", json.dumps(decision("d-1"))) and not hand.made and not hand.said
    hand.owned = True
    assert hand.hear(f"a.{DECISION}", json.dumps(decision("d-1"))) and len(hand.made) == 1


def test_a_defect_that_a_message_meets_is_said_and_ends_nothing() -> None:
    hand = Hand()
    hand.failure = ZeroDivisionError(CANARY)
    assert hand.hear(f"a.{DECISION}", json.dumps(decision("d-1")))
    (line,) = hand.said
    assert line.startswith("DEFECT bus ZeroDivisionError in ") and CANARY not in line


def test_a_shutdown_of_before_this_start_ends_nothing() -> None:
    hand = Hand()
    assert hand.hear(f"a.{SHUTDOWN}", "{}", 999) and hand.stopped == 0
    assert "it was said before this start" in hand.said[0]
    assert hand.hear(f"a.{SHUTDOWN}", "", 1_000) and hand.stopped == 1


def test_when_a_market_is_open_its_calendar_says() -> None:
    hand = Hand()
    assert hand.hear("a.market.session.closed", "{}")
    assert "each instrument's calendar says when its market is open" in hand.said[0]


def test_amounts_are_exact() -> None:
    hand = Hand()
    hand.hear(f"a.{DECISION}", json.dumps(decision("d-1", quantity=None, sizeHint="0.25")))
    (made,) = hand.made
    assert (made.quantity, Decimal(made.hint_ppm) / 10**6) == (0, Decimal("0.25"))


def test_a_shutdown_at_the_bus_ends_the_service_in_order_and_not_the_next_one(
    url: str, root: str, tmp_path: Path
) -> None:
    subject = f"{root}.{SHUTDOWN}"
    with asked(tmp_path, url, root) as service:
        put(url, subject, {"reason": "maintenance"})
        service.hears("STOP   system.shutdown was said at the bus")
        assert service.process.wait(60) == 0
    with asked(tmp_path, url, root, again=True) as service:
        put(url, f"{root}.{DECISION}", decision("d-9"))
        service.hears("decision d-9")
        assert service.end() == 0
