"""Every event of a journal is on the bus, once, whoever was stopped when. Buses are real, and read by their makers'
clients."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import nats
import pytest
import redis

from tests.bus.journals import eventful, facts, middle
from tests.bus.readers import Kept, kept
from tests.bus.senders import put
from tests.project import ROOT
from tradewright.app.api.messages import EVENTS
from tradewright.app.bus import outbox as boxes
from tradewright.app.bus.outbox import Outbox
from tradewright.app.bus.place import read_place
from tradewright.app.wiring.buses import open_bus
from tradewright.app.wiring.journals import read
from tradewright.model.errors import BusError, InputError
from tradewright.ports import BusTerms, Outgoing


@pytest.fixture(scope="session")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return eventful(tmp_path_factory.mktemp("eventful"))


@pytest.fixture(params=["nats", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def prefix() -> str:
    """Of a stream that nobody else has."""
    return f"t{uuid.uuid4().hex}.trade"


def terms(url: str, prefix: str, journal: str = "", subjects: tuple[str, ...] = ()) -> BusTerms:
    return BusTerms(url, "", "", journal, prefix, subjects, "tradewright")


def box(journal: Path, folder: Path, prefix: str, since: int = 0) -> Outbox:
    return Outbox(journal, folder / "bus.place", "here", prefix, since)


def tell(made: Outbox, url: str, prefix: str) -> None:
    """Up to the end of its journal."""

    async def program() -> None:
        bus = await open_bus(terms(url, prefix, made.id))
        try:
            while await made.tell(bus):
                pass
        finally:
            await bus.close()

    asyncio.run(program())


def last_of(journal: Path) -> int:
    return sum(1 for _ in read(journal, 1))


def epoch(folder: Path) -> str:
    place = read_place(folder / "bus.place")
    assert place is not None
    return place.epoch


def unnamed(found: list[Kept]) -> list[tuple[str, bytes]]:
    assert len({one.id for one in found}) == len(found)
    return [(one.subject, one.content) for one in found]


def test_every_type_of_event_is_on_the_bus_as_at_the_sockets(
    journal: Path, url: str, prefix: str, tmp_path: Path
) -> None:
    made = box(journal, tmp_path, prefix)
    tell(made, url, prefix)
    found = kept(url, prefix)
    assert unnamed(found) == facts(journal, prefix)
    assert {json.loads(one.content)["type"] for one in found} == set(EVENTS)
    for one in found:
        row = json.loads(one.content)
        assert one.subject == prefix + row["type"].removeprefix("trade")
        assert one.id == f"{made.id}-{epoch(tmp_path)}.{row['sequence']}.{row['index']}"


def test_what_is_told_goes_on_behind_the_place_and_before_it_nothing_is(
    journal: Path, url: str, prefix: str, tmp_path: Path
) -> None:
    tell(box(journal, tmp_path, prefix, since=middle(journal)), url, prefix)
    found = unnamed(kept(url, prefix))
    assert found == facts(journal, prefix, middle(journal)) and 100 < len(found) < len(facts(journal, prefix)) - 100
    # A place that is known counts, whatever a later start would begin with.
    tell(box(journal, tmp_path, prefix, since=0), url, prefix)
    assert unnamed(kept(url, prefix)) == found


@pytest.mark.parametrize("stops", [1, 2, 3])
def test_who_is_stopped_between_bus_and_place_tells_it_again_and_it_is_there_once(
    stops: int, journal: Path, url: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "BATCH", 200)
    writes = 0
    right = boxes.write_place
    box(journal, tmp_path, prefix)

    def stopping(*arguments: object) -> None:
        nonlocal writes
        writes += 1
        if writes % 2 and writes < 2 * stops:
            raise KeyboardInterrupt
        right(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(boxes, "write_place", stopping)
    for _ in range(stops):
        with pytest.raises(KeyboardInterrupt):
            tell(box(journal, tmp_path, prefix), url, prefix)
    tell(box(journal, tmp_path, prefix), url, prefix)
    assert unnamed(kept(url, prefix)) == facts(journal, prefix)


class Away:
    """A bus that answers to every third batch alone, whatever it has kept."""

    def __init__(self) -> None:
        self.kept: dict[str, Outgoing] = {}
        self.asked = 0

    async def publish(self, messages: list[Outgoing]) -> None:
        self.asked += 1
        self.kept |= {one.id: one for one in messages[: len(messages) if self.asked % 3 else len(messages) // 2]}
        if self.asked % 3:
            raise BusError("the bus: no answer")


def test_a_batch_that_was_not_answered_is_told_again(
    journal: Path, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "BATCH", 200)
    made, bus = box(journal, tmp_path, prefix), Away()

    async def program() -> int:
        failed = 0
        while True:
            reached, place = made.reached, read_place(tmp_path / "bus.place")
            try:
                if not await made.tell(bus):  # type: ignore[arg-type]
                    return failed
            except BusError:
                failed += 1
                assert made.reached == reached and read_place(tmp_path / "bus.place") == place

    assert asyncio.run(program()) > 5
    assert [(one.subject, one.content) for one in bus.kept.values()] == facts(journal, prefix)


def process(journal: Path, folder: Path, url: str, prefix: str, *subjects: str) -> subprocess.Popen[str]:
    """The one that a service starts."""
    asked = {
        "journal": str(journal), "place": str(folder / "bus.place"), "bus": "here", "since": 0,
        "terms": terms(url, prefix, subjects=subjects)._asdict(),
    }  # fmt: skip
    made = subprocess.Popen(
        [sys.executable, "-m", "tradewright.app.bus.process"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    say(made, asked)
    return made


def say(made: subprocess.Popen[str], row: object) -> None:
    assert made.stdin is not None
    made.stdin.write(json.dumps(row) + "\n")
    made.stdin.flush()


def hears(made: subprocess.Popen[str], so: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    assert made.stdout is not None
    for line in made.stdout:
        row: dict[str, Any] = json.loads(line)
        if so(row):
            return row
    raise AssertionError("it has ended")


def test_a_process_that_is_killed_in_the_middle_loses_and_doubles_nothing(
    journal: Path, url: str, prefix: str, tmp_path: Path
) -> None:
    with process(journal, tmp_path, url, prefix) as made:
        first = hears(made, lambda row: row.get("sequence"))["sequence"]
        made.kill()
    end = facts(journal, prefix)
    with process(journal, tmp_path, url, prefix) as made:
        last = hears(made, lambda row: row.get("sequence") == last_of(journal))["sequence"]
        assert made.stdin is not None
        made.stdin.close()
        assert made.wait(30) == 0
    assert isinstance(first, int) and isinstance(last, int) and 0 < first < last
    assert unnamed(kept(url, prefix)) == end


def test_one_process_tells_at_a_time(journal: Path, nats_url: str, prefix: str, tmp_path: Path) -> None:
    with process(journal, tmp_path, nats_url, prefix) as first:
        hears(first, lambda row: row.get("sequence"))
        with process(journal, tmp_path, nats_url, prefix) as second:
            assert "the process of an earlier start" in hears(second, lambda row: True)["down"]
            first.kill()
            hears(second, lambda row: row.get("sequence") == last_of(journal))
            second.kill()


def test_a_message_comes_again_until_it_was_settled_and_then_no_more(
    journal: Path, url: str, prefix: str, tmp_path: Path
) -> None:
    subject = f"{prefix}.system.shutdown"
    with process(journal, tmp_path, url, prefix, subject) as made:
        hears(made, lambda row: row.get("sequence") == last_of(journal))
        put(url, subject, {"number": 1})
        assert hears(made, handed(1)) == hears_after(made, False, handed(1)), "it could not be made durable"
        put(url, subject, {"number": 2})
        made.kill()
    with process(journal, tmp_path, url, prefix, subject) as made:
        taken = set()
        while taken != {1, 2}:
            # What was out when the first process was killed may come behind what was not.
            row = hears(made, lambda row: "handed" in row)
            taken.add(json.loads(row["handed"]["content"])["number"])
            say(made, {"answer": True})
        put(url, subject, {"number": 3})
        assert hears(made, lambda row: "handed" in row) == hears_after(made, False, handed(3))
        made.kill()


def handed(number: int) -> Callable[[dict[str, Any]], bool]:
    return lambda row: "handed" in row and json.loads(row["handed"]["content"]) == {"number": number}


def hears_after(made: subprocess.Popen[str], answer: bool, so: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    say(made, {"answer": answer})
    return hears(made, so)


def test_a_place_in_another_journal_is_refused(journal: Path, tmp_path: Path, redis_url: str, prefix: str) -> None:
    tell(box(journal, tmp_path, prefix), redis_url, prefix)
    other = eventful(tmp_path)
    content = (tmp_path / "bus.place").read_text()
    (tmp_path / "bus.place").write_text(content.replace('"hash":"', '"hash":"00'))
    with pytest.raises(InputError, match=f"up to record {last_of(other)} of another journal"):
        box(other, tmp_path, prefix)
    (tmp_path / "bus.place").write_text("{}")
    with pytest.raises(InputError, match=r"bus\.place can not be read"):
        box(other, tmp_path, prefix)


def test_a_stream_of_another_journal_is_refused_where_numbers_are_its_entries(redis_url: str, prefix: str) -> None:
    async def program() -> None:
        bus = await open_bus(terms(redis_url, prefix, "first"))
        await bus.publish([Outgoing("first.7.0", 7, 0, f"{prefix}.order.filled", b"{}")])
        await bus.close()
        await (await open_bus(terms(redis_url, prefix, "first"))).close()
        with pytest.raises(InputError, match="holds the events of another journal"):
            await open_bus(terms(redis_url, prefix, "second"))

    asyncio.run(program())


def test_where_one_entry_is_refused_none_behind_it_is_kept(redis_url: str, prefix: str) -> None:
    user, host = f"u{prefix.partition('.')[0]}", redis_url.removeprefix("redis://")
    with redis.Redis.from_url(redis_url) as client:
        client.execute_command("ACL", "SETUSER", user, "on", ">secret", "~*", "+@all", "resetchannels", f"&{prefix}.b")
    messages = [Outgoing(f"j.{number}.0", number, 0, f"{prefix}.{to}", b"{}") for number, to in ((1, "a"), (2, "b"))]

    async def program() -> None:
        bus = await open_bus(terms(f"redis://{user}@{host}", prefix, "j")._replace(password="secret"))
        with pytest.raises(BusError, match="the bus: "):
            await bus.publish(messages)
        await bus.close()
        assert kept(redis_url, prefix) == []
        bus = await open_bus(terms(redis_url, prefix, "j"))
        await bus.publish(messages)
        await bus.close()

    asyncio.run(program())
    assert [one.id for one in kept(redis_url, prefix)] == ["j.1.0", "j.2.0"]


@pytest.mark.parametrize("there", [[("j.8.0", 8, b"{}")], [("j.7.0", 7, b"[]"), ("j.8.0", 8, b"{}")]])
def test_an_entry_that_is_taken_for_old_is_looked_up(
    there: list[tuple[str, int, bytes]], redis_url: str, prefix: str
) -> None:
    async def program() -> None:
        bus = await open_bus(terms(redis_url, prefix, "j"))
        await bus.publish([Outgoing(id, number, 0, "x", content) for id, number, content in there])
        with pytest.raises(InputError, match=r"is ahead of the journal and does not hold j\.7\.0"):
            await bus.publish([Outgoing(f"j.{number}.0", number, 0, "x", b"{}") for number in (7, 8)])
        await bus.close()

    asyncio.run(program())


def test_what_a_bus_that_was_never_reached_was_not_told_is_told_by_the_next_start(
    journal: Path, url: str, prefix: str, tmp_path: Path
) -> None:
    box(journal, tmp_path, prefix, since=middle(journal))
    tell(box(journal, tmp_path, prefix, since=1_200), url, prefix)
    assert unnamed(kept(url, prefix)) == facts(journal, prefix, middle(journal))


def test_a_home_that_was_put_back_does_not_lose_its_new_history_unsaid(url: str, prefix: str) -> None:
    """Its records have the old numbers."""

    async def program() -> None:
        bus = await open_bus(terms(url, prefix, "j"))
        await bus.publish([Outgoing(f"j.{number}.0", number, 0, f"{prefix}.a", b"{}") for number in range(1, 9)])
        await bus.publish([Outgoing(f"j.{number}.0", number, 0, f"{prefix}.a", b"{}") for number in (7, 8, 9)])
        with pytest.raises(InputError, match="so the journal was put back"):
            await bus.publish([Outgoing("j.7.0", 7, 0, f"{prefix}.a", b'{"other": 1}')])
        await bus.close()

    asyncio.run(program())
    assert len(kept(url, prefix)) == 9


def test_who_deletes_the_place_tells_under_other_ids(journal: Path, nats_url: str, prefix: str, tmp_path: Path) -> None:
    tell(box(journal, tmp_path, prefix, since=middle(journal)), nats_url, prefix)
    (tmp_path / "bus.place").unlink()
    tell(box(journal, tmp_path, prefix, since=middle(journal)), nats_url, prefix)
    found, told = unnamed(kept(nats_url, prefix)), facts(journal, prefix, middle(journal))
    assert found == told + told


def test_nats_keeps_none_behind_one_that_is_refused(nats_url: str, prefix: str) -> None:
    """Here what a stream does not take: too large for it."""
    messages = [Outgoing(f"j.{number}.0", number, 0, f"{prefix}.a", b"{}") for number in range(70)]
    large = messages[3]._replace(content=b"x" * 2_000)

    async def program() -> None:
        client = await nats.connect(nats_url)
        name = prefix.replace(".", "_")
        await client.jetstream().add_stream(name=name, subjects=[f"{prefix}.>"], max_msg_size=1_000)
        bus = await open_bus(terms(nats_url, prefix, "j"))
        with pytest.raises(BusError):
            await bus.publish([*messages[:3], large, *messages[4:]])
        assert [one.id for one in await asyncio.to_thread(kept, nats_url, prefix)] == ["j.0.0", "j.1.0", "j.2.0"]
        # What somebody else says there is in nobody's way.
        await client.publish(f"{prefix}.b", b"{}", headers={"Nats-Msg-Id": "another"})
        await client.flush()
        await bus.publish(messages)
        with pytest.raises(BusError, match=r"event j\.80\.0 has 2000000 bytes and the server takes 1048576"):
            await bus.publish([large._replace(id="j.80.0", content=b"x" * 2_000_000)])
        await bus.close()
        await client.close()

    asyncio.run(program())
    assert [one.id for one in kept(nats_url, prefix) if one.id != "another"] == [one.id for one in messages]


def test_a_message_of_each_subject_is_handed_out_and_none_stays(url: str, prefix: str) -> None:
    subjects = (f"{prefix}.a", f"{prefix}.b", f"{prefix}.c")

    async def program() -> None:
        bus = await open_bus(terms(url, prefix, "j", subjects))
        # Whose groups are there before anything is put.
        with suppress(TimeoutError):
            await asyncio.wait_for(bus.take(), 2)
        for subject in subjects:
            await asyncio.to_thread(put, url, subject, {})
        async with asyncio.timeout(20):
            found = set()
            for _ in subjects:
                message = await bus.take()
                found.add(message.subject)
                await bus.settle(message)
        await bus.close()
        assert found == {*subjects}

    asyncio.run(program())


@pytest.mark.parametrize("scheme", ["nats", "redis"])
def test_a_bus_that_is_not_there_is_said_to_be_away(scheme: str, prefix: str) -> None:
    with pytest.raises(BusError, match="the bus: "):
        asyncio.run(open_bus(terms(f"{scheme}://127.0.0.1:1", prefix)))
