"""Owning accounts by lease, over real registers: at no moment two processes hold the same one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from tests.lease.registers import emptied, new_name, put_back, talk
from tradewright.app.clock import steady_clock
from tradewright.app.ownership import Ownership, Sighting
from tradewright.model.errors import LeaseLost, Withheld
from tradewright.model.withheld import NOT_LEASED
from tradewright.ports import Claim, Leases

SECOND_NS = 10**9
TTL = 1.0


@pytest.fixture(params=["redis", pytest.param("postgres", marks=pytest.mark.long)])
def url(request: pytest.FixtureRequest) -> str:
    """Of a register; what differs between them test_leases asks."""
    return str(request.getfixturevalue(f"{request.param}_url"))


class Owner:
    """A process that wants an account. ahead: by how much its clock is, ns; note: what it puts down; lines: what it has
    said."""

    def __init__(self, leases: Leases, name: str, ttl: float = TTL) -> None:
        self.ahead = 0
        self.note: str | None = None
        self.lines: list[str] = []
        clock = steady_clock()
        names = {"main": name}
        self.own = Ownership(leases, names, ttl, lambda: clock() + self.ahead, lambda: self.note, self.lines.append)

    @property
    def token(self) -> int:
        return self.own.claims["main"].token

    async def takes(self, least: int = 0) -> float:
        """Seconds that it took."""
        began = time.monotonic()
        await self.own.take(least)
        return time.monotonic() - began


def play(url: str, program: Callable[[Owner, Owner, str], Awaitable[None]]) -> None:
    name = new_name()

    async def both(one: Leases, other: Leases) -> None:
        await program(Owner(one, name), Owner(other, name), name)

    talk(url, both)


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_who_comes_first_waits_too_since_somebody_may_hold_what_is_not_shown(url: str) -> None:
    async def program(one: Owner, other: Owner, name: str) -> None:
        assert await one.takes() >= TTL
        assert (one.token, one.own.held("main")) == (1, True)
        one.own.admit("main")

    play(url, program)


def test_it_moves_when_its_holder_is_silent_and_not_before_he_has_stopped(url: str) -> None:
    async def program(one: Owner, other: Owner, name: str) -> None:
        await one.takes()
        keeping, taking = asyncio.create_task(one.own.keep()), asyncio.create_task(other.takes())
        await asyncio.sleep(1.5 * TTL)
        assert one.own.held("main") and not taking.done()
        assert "standing by; it is of " in other.lines[0]
        await ended(keeping)
        while not taking.done():
            await asyncio.sleep(0.005)
            assert not (one.own.held("main") and other.own.held("main"))
        assert (other.token, other.own.held("main"), one.own.held("main")) == (2, True, False)
        with pytest.raises(Withheld) as withheld:
            one.own.admit("main")
        assert (withheld.value.code, one.own.withheld["main"]) == (NOT_LEASED, 1)
        with pytest.raises(LeaseLost, match=r"main belongs to another engine since its lease \(token 1\)"):
            await one.own.keep()
        await one.own.end()
        assert other.own.held("main")

    play(url, program)


def test_what_was_given_back_is_taken_at_once_by_who_has_seen_that(url: str) -> None:
    async def program(one: Owner, other: Owner, name: str) -> None:
        await one.takes()
        taking = asyncio.create_task(other.takes())
        await asyncio.sleep(0.3)
        await one.own.end()
        began = time.monotonic()
        await taking
        assert time.monotonic() - began < TTL / 2
        assert (other.token, one.own.held("main")) == (2, False)

    play(url, program)


def test_what_its_holder_puts_down_goes_along_also_when_that_is_his_last_word(url: str) -> None:
    async def program(one: Owner, other: Owner, name: str) -> None:
        await one.takes()
        keeping, taking = asyncio.create_task(one.own.keep()), asyncio.create_task(other.takes())
        await asyncio.sleep(0.05 * TTL)
        renewals, one.note = one.own.claims["main"].renewals, "first"
        await asyncio.sleep(0.2 * TTL)
        assert one.own.claims["main"][2:4] == (renewals + 1, "first"), "it waits for no renewal that is due"
        await ended(keeping)
        one.note = "last"
        await one.own.end()
        await taking
        before = other.own.before["main"]
        assert before is not None and before.note == "last"
        assert other.own.claims["main"].note == "last", "as long as it says nothing itself"

    play(url, program)


def test_a_register_that_is_emptied_moves_nothing(url: str) -> None:
    async def program(one: Owner, other: Owner, name: str) -> None:
        await one.takes(40)
        keeping, taking = asyncio.create_task(one.own.keep()), asyncio.create_task(other.takes())
        for _ in range(3):
            await asyncio.sleep(0.5 * TTL)
            emptied(url, name)
        await asyncio.sleep(1.2 * TTL)
        assert one.own.held("main") and not taking.done() and not keeping.done()
        await ended(keeping)
        emptied(url, name)
        await taking
        assert (one.own.held("main"), one.token, other.token) == (False, 41, 42), "no token is given twice"
        # Its own claim stood in no register any more; that of another does.
        with pytest.raises(LeaseLost):
            await one.own.keep()

    play(url, program)


def test_a_register_that_was_put_back_gives_nothing_to_two(url: str) -> None:
    async def program(one: Owner, other: Owner, name: str) -> None:
        await one.takes(40)
        taking = asyncio.create_task(other.takes())
        await asyncio.sleep(0.3)
        # As it was when somebody before had given it back.
        put_back(url, name, 7, "")
        while not taking.done():
            await asyncio.sleep(0.005)
            assert not (one.own.held("main") and other.own.held("main"))
        assert other.token == 42

    play(url, program)


def test_time_that_passes_while_a_process_stands_still_counts(url: str) -> None:
    async def program(one: Owner, other: Owner, name: str) -> None:
        await one.takes()
        one.ahead += round(0.7 * TTL * SECOND_NS)
        assert one.own.held("main")
        # A tenth of it is left to clocks that do not run alike.
        one.ahead += round(0.21 * TTL * SECOND_NS)
        assert not one.own.held("main")
        one.ahead += 30 * SECOND_NS
        assert not one.own.held("main")
        keeping = asyncio.create_task(one.own.keep())
        await asyncio.sleep(0.8 * TTL)
        assert not one.own.held("main"), "another may have taken it, and not know yet that it is gone"
        assert "is not held, nothing leaves: it has to stand 1 s again" in one.lines[-1]
        await asyncio.sleep(0.5 * TTL)
        assert one.own.held("main") and one.token == 1, "nobody had taken it meanwhile"
        await ended(keeping)

    play(url, program)


@pytest.mark.parametrize("back", [False, pytest.param(True, marks=pytest.mark.long)])
def test_who_was_silent_holds_nothing_while_another_counts_on_what_the_register_forgot(url: str, back: bool) -> None:
    async def program(one: Owner, other: Owner, name: str) -> None:
        await one.takes()
        await other.takes()
        assert (one.own.held("main"), other.own.held("main")) == (False, True)
        if back:
            put_back(url, name, one.token, one.own.holder)
        else:
            emptied(url, name)
        keeping = asyncio.create_task(one.own.keep())
        began = time.monotonic()
        while not one.own.held("main"):
            assert time.monotonic() - began < 3 * TTL and not keeping.done()
            await asyncio.sleep(0.005)
        assert not other.own.held("main") and time.monotonic() - began >= TTL
        with pytest.raises(LeaseLost):
            await other.own.keep()
        await ended(keeping)

    play(url, program)


def test_who_is_configured_to_wait_less_waits_as_long_as_its_holder_counts_on_it(url: str) -> None:
    name = new_name()

    async def program(one: Leases, other: Leases) -> None:
        patient, hasty = Owner(one, name), Owner(other, name, TTL / 4)
        await patient.takes()
        taking = asyncio.create_task(hasty.takes())
        while not taking.done():
            await asyncio.sleep(0.005)
            assert not (patient.own.held("main") and hasty.own.held("main"))
        assert hasty.token == 2

    talk(url, program)


def test_who_wants_the_same_two_accounts_gets_both(redis_url: str) -> None:
    names = [{"a": f"1{(name := new_name())}", "b": f"2{name}"}, {"x": f"2{name}", "y": f"1{name}"}]

    async def program(one: Leases, other: Leases) -> None:
        clock = steady_clock()
        lines: list[str] = []
        owners = [
            Ownership(of, own, TTL, clock, lambda: None, lines.append)
            for of, own in zip((one, other), names, strict=True)
        ]
        tasks = [asyncio.create_task(owner.take(0)) for owner in owners]
        async with asyncio.timeout(20):
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        (first,) = [at for at, task in enumerate(tasks) if task.done()]
        assert owners[first].all_held() and not owners[1 - first].all_held()
        await owners[first].end()
        async with asyncio.timeout(20):
            await tasks[1 - first]
        assert owners[1 - first].all_held()
        await owners[1 - first].end()

    talk(redis_url, program)


def test_a_claim_is_free_when_it_was_seen_unchanged_for_the_whole_time() -> None:
    held, later, back = Claim(3, "a", 1), Claim(3, "a", 2), Claim(3, "", 2)
    sighting = Sighting(10)
    shown = [(held, 0), (held, 9), (later, 10), (later, 19)]
    assert [sighting.see(claim, now) for claim, now in shown] == [False] * 4
    assert sighting.see(later, 20)
    sighting.forget()
    assert not sighting.see(later, 30) and sighting.see(later, 40)
    assert sighting.see(back, 41), "that it was given back was seen"
    fresh = Sighting(10)
    assert not fresh.see(back, 0) and fresh.see(back, 10), "it may have been put back to that"
    fresh.forget()
    assert not fresh.see(None, 11) and fresh.see(None, 21) and fresh.highest == 3
    longer = Claim(3, "a", 2, "", 30)
    assert [fresh.see(claim, now) for claim, now in ((longer, 22), (longer, 51), (longer, 52))] == [False, False, True]
    assert not fresh.see(None, 60) and not fresh.see(None, 89), "its holder may be about to put it down again"
