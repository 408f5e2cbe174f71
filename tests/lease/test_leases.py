"""A register of leases: the same contract in Redis and in PostgreSQL."""

from __future__ import annotations

import asyncio
import time
import uuid

import psycopg
import pytest

from scripts.services import Server
from tests.lease.registers import emptied, new_name, talk
from tradewright.app.wiring.leases import open_leases
from tradewright.model.errors import LeaseError
from tradewright.ports import Claim, Leases

TTL_NS = 7 * 10**9


@pytest.fixture(params=["redis", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """Of a register of each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


def test_of_many_that_have_seen_the_same_one_takes_it(url: str) -> None:
    name = new_name()

    async def program(one: Leases, other: Leases) -> None:
        seen: Claim | None = None
        for round in range(1, 6):
            assert await one.look(name) == seen
            takers = [(register, f"{at} of {round}") for at in range(3) for register in (one, other)]
            # One connection of PostgreSQL answers one question at a time.
            apart = [open_leases(url, "", 5.0) for _ in takers]
            taking = [
                own.take(name, seen, holder, 0, "", TTL_NS) for own, (_, holder) in zip(apart, takers, strict=True)
            ]
            tokens = await asyncio.gather(*taking)
            assert sorted(tokens) == [0] * 5 + [round]
            winner = takers[tokens.index(round)][1]
            seen = Claim(round, winner, 0, "", TTL_NS)
            assert await other.look(name) == seen
            for own in apart:
                await own.close()

    talk(url, program)


def test_tokens_only_go_up(url: str) -> None:
    name = new_name()

    async def program(one: Leases, other: Leases) -> None:
        assert await one.take(name, None, "a", 6, "", TTL_NS) == 7
        await one.give_back(name, Claim(7, "a", 0, "last words", TTL_NS))
        shown = await other.look(name)
        assert shown == Claim(7, "", 0, "last words", TTL_NS)
        assert await other.take(name, shown, "b", 3, "", TTL_NS) == 8
        assert await one.take(name, Claim(8, "b", 0, "", TTL_NS), "a", 20, "words", TTL_NS) == 21
        assert await other.look(name) == Claim(21, "a", 0, "words", TTL_NS)

    talk(url, program)


def test_who_saw_something_else_takes_nothing(url: str) -> None:
    name = new_name()

    async def program(one: Leases, other: Leases) -> None:
        assert await other.take(name, Claim(1, "a", 0, "", TTL_NS), "b", 0, "", TTL_NS) == 0, "it was never there"
        await one.take(name, None, "a", 0, "", TTL_NS)
        assert await one.renew(name, Claim(1, "a", 1, "", TTL_NS))
        for seen in (None, Claim(1, "a", 0, "", TTL_NS), Claim(2, "a", 1, "", TTL_NS), Claim(1, "", 1, "", TTL_NS)):
            assert await other.take(name, seen, "b", 0, "", TTL_NS) == 0
        assert await other.look(name) == Claim(1, "a", 1, "", TTL_NS)

    talk(url, program)


def test_a_renewal_is_its_owners_alone(url: str) -> None:
    name = new_name()

    async def program(one: Leases, other: Leases) -> None:
        await one.take(name, None, "a", 0, "", TTL_NS)
        await other.take(name, Claim(1, "a", 0, "", TTL_NS), "b", 0, "", TTL_NS)
        assert not await one.renew(name, Claim(1, "a", 1, "", TTL_NS))
        # A number alone proves nothing: in a register that was emptied it may be given again.
        assert not await one.renew(name, Claim(2, "a", 1, "", TTL_NS))
        await one.give_back(name, Claim(2, "a", 1, "", TTL_NS))
        assert await other.look(name) == Claim(2, "b", 0, "", TTL_NS)
        assert await other.renew(name, Claim(2, "b", 1, "words", TTL_NS))
        assert await one.look(name) == Claim(2, "b", 1, "words", TTL_NS)

    talk(url, program)


def test_what_was_given_back_is_not_renewed(url: str) -> None:
    name = new_name()

    async def program(one: Leases, other: Leases) -> None:
        await one.take(name, None, "a", 0, "", TTL_NS)
        await one.give_back(name, Claim(1, "a", 0, "", TTL_NS))
        assert not await one.renew(name, Claim(1, "a", 1, "", TTL_NS))
        shown = await other.look(name)
        assert shown is not None and shown.holder == ""

    talk(url, program)


def test_a_register_that_was_emptied_shows_again_who_renews(url: str) -> None:
    name = new_name()

    async def program(one: Leases, other: Leases) -> None:
        await one.take(name, None, "a", 4, "", TTL_NS)
        emptied(url, name)
        assert await other.look(name) is None
        assert await one.renew(name, Claim(5, "a", 1, "", TTL_NS))
        assert await other.look(name) == Claim(5, "a", 1, "", TTL_NS)
        assert await other.take(name, None, "b", 0, "", TTL_NS) == 0

    talk(url, program)


def test_who_only_looks_writes_nothing_and_a_table_that_is_gone_is_made_again(postgres_url: str) -> None:
    name = new_name()

    async def program(one: Leases, other: Leases) -> None:
        assert await one.look(name) is None
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            there = "SELECT count(*) FROM pg_tables WHERE tablename = 'tradewright_leases'"
            assert connection.execute(there).fetchone() == (0,)
            assert await one.take(name, None, "a", 0, "", TTL_NS) == 1
            connection.execute("DROP TABLE tradewright_leases")
        with pytest.raises(LeaseError):
            await one.renew(name, Claim(1, "a", 1, "", TTL_NS))
        assert await one.renew(name, Claim(1, "a", 1, "", TTL_NS))
        assert await other.look(name) == Claim(1, "a", 1, "", TTL_NS)

    with psycopg.connect(postgres_url, autocommit=True) as connection:
        database = f"t{uuid.uuid4().hex}"
        connection.execute(f"CREATE DATABASE {database}".encode())
    postgres_url = f"{postgres_url.rpartition('/')[0]}/{database}"
    talk(postgres_url, program)


@pytest.mark.parametrize("kind", ["redis", "postgres"])
def test_a_register_that_is_away_is_an_error_in_time_and_then_as_it_was(kind: str) -> None:
    server, name = Server(kind), new_name()

    async def program() -> None:
        leases = open_leases(server.url, "", 1.0)
        try:
            assert await leases.take(name, None, "a", 0, "", TTL_NS) == 1
            server.kill()
            began = time.monotonic()
            with pytest.raises(LeaseError, match=r"^the leases: "):
                await leases.look(name)
            with pytest.raises(LeaseError, match=r"^the leases: "):
                await leases.renew(name, Claim(1, "a", 1, "", TTL_NS))
            assert time.monotonic() - began < 5
            server.start()
            assert await leases.look(name) == Claim(1, "a", 0, "", TTL_NS)
            assert await leases.renew(name, Claim(1, "a", 1, "", TTL_NS))
        finally:
            await leases.close()

    try:
        asyncio.run(program())
    finally:
        server.stop()
