"""One seeded scenario for whoever can trade: orders that take and rest, are filled in part, looked at, changed and
cancelled, in a market that moves as the scenario says.

Prices are levels below the market, sizes are parts; a stand says what that is at its venue. What is compared in the end
is the venue's own book: each order with all that was placed for it, its fills, and what the account has.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from tradewright.core.orders import OrderState
from tradewright.model.account_snapshot import AccountSnapshot
from tradewright.model.instrument import Instrument
from tradewright.model.order import BUY, LIMIT, MARKET, SELL, Order
from tradewright.model.rng import Rng
from tradewright.ports import Clock, Venue

STEPS = 16
LEVELS = 5
SECONDS = 20.0
TAKE, REST, CHANGE, CANCEL, LOOK, OFFER = "take", "rest", "change", "cancel", "look", "offer"


@dataclass(frozen=True, slots=True)
class Step:
    """take, rest: an order of so many parts, at the market or so far below it; change, cancel, look: what is done about
    the order of step `which`; offer: for a moment somebody sells so many parts at that level."""

    deed: str
    side: int = BUY
    parts: int = 0
    level: int = 0
    which: int = -1


def scenario(seed: int) -> list[Step]:
    """Begins with what every scenario has to have: an order that is filled in part, looked at, changed and cancelled.
    What is sold was bought before, and nothing rests on the other side, since a venue may forbid that."""
    rng = Rng(seed)
    steps = [
        Step(REST, parts=5, level=2), Step(OFFER, parts=2, level=2), Step(LOOK, which=0),
        Step(CHANGE, level=3, which=0), Step(OFFER, parts=1, level=3), Step(CANCEL, which=0),
    ]  # fmt: skip
    bought, resting = 0, list[int]()
    while len(steps) < STEPS:
        draw = rng.below(6)
        if draw == 0:
            parts = 1 + rng.below(3)
            side = SELL if bought >= parts and not resting else BUY
            bought += side * parts
            steps.append(Step(TAKE, side, parts))
        elif draw <= 2 or not resting:
            resting.append(len(steps))
            steps.append(Step(REST, parts=2 + rng.below(4), level=1 + rng.below(LEVELS)))
        elif draw == 3:
            steps.append(Step(CANCEL, which=resting.pop(rng.below(len(resting)))))
        else:
            deed = CHANGE if draw == 4 else LOOK
            steps.append(Step(deed, level=1 + rng.below(LEVELS), which=resting[rng.below(len(resting))]))
        if rng.below(3) == 0:
            steps.append(Step(OFFER, parts=1 + rng.below(3), level=1 + rng.below(LEVELS)))
    return steps


@dataclass(frozen=True, slots=True)
class Placed:
    """One order at a venue. fills: (price, size) of each. moving: something of it is under way inside the venue."""

    side: int
    price: int
    size: int
    fills: tuple[tuple[int, int], ...]
    open: bool
    moving: bool = False

    @property
    def filled(self) -> int:
        return sum(size for _, size in self.fills)


class Stand(Protocol):
    """A venue with its market in the scenario's hand, as its insides show it; prices and sizes in counts of the
    instrument as our client has it."""

    instrument: Instrument
    #: The size of a part.
    part: int

    def price(self, level: int) -> int:
        """Of a level."""

    def offer(self, level: int, parts: int) -> None:
        """Somebody sells so much there, and the market goes back to where it was."""

    def orders(self) -> dict[Any, Placed]:
        """All that were ever placed, oldest first, by the venue's own names."""

    def account(self) -> object:
        """What it has: money, holds, positions."""


class Player(Protocol):
    """A client: it returns when its venue has answered."""

    async def place(self, number: int, step: Step) -> None: ...

    async def change(self, number: int, level: int) -> None: ...

    async def cancel(self, number: int) -> None: ...

    async def filled(self, number: int) -> int:
        """What the client says that is filled of an order and of all that came in its place, in size counts."""


@dataclass(slots=True)
class Course:
    """What came of a scenario. chains: of each order all that was placed for it; skipped: steps that came too late;
    seen: what each look said was filled."""

    chains: dict[int, list[Any]] = field(default_factory=dict)
    skipped: set[int] = field(default_factory=set)
    seen: dict[int, int] = field(default_factory=dict)


async def until(done: Callable[[], object], what: str = "it") -> None:
    """Waits for what comes over a socket."""
    end = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < end, f"{what} did not come"
        await asyncio.sleep(0.005)


async def play(steps: list[Step], stand: Stand, player: Player) -> Course:
    """Plays it step by step. One about an order that is over, or at that price already, is left out."""
    course = Course()
    for number, step in enumerate(steps):
        if step.deed == OFFER:
            stand.offer(step.level, step.parts)
            continue
        chain = course.chains.setdefault(number if step.which < 0 else step.which, [])
        last = stand.orders()[chain[-1]] if chain else None
        same = last is not None and step.deed == CHANGE and last.price == stand.price(step.level)
        if last is not None and (not last.open or same) and step.deed != LOOK:
            course.skipped.add(number)
            continue
        before = set(stand.orders())
        await _do(step, number, player, course)
        await until(lambda: not any(one.moving for one in stand.orders().values()), f"the end of step {number}")
        chain += [name for name in stand.orders() if name not in before]
    return course


async def _do(step: Step, number: int, player: Player, course: Course) -> None:
    if step.deed in (TAKE, REST):
        await player.place(number, step)
    elif step.deed == CHANGE:
        await player.change(step.which, step.level)
    elif step.deed == CANCEL:
        await player.cancel(step.which)
    else:
        course.seen[number] = await player.filled(step.which)


def outcome(stand: Stand, course: Course) -> tuple[object, ...]:
    """The venue's book but for names and times: a client may change an order in its place, or place it anew."""
    book, orders = stand.orders(), list[object]()
    for number, chain in course.chains.items():
        legs = [book[name] for name in chain]
        fills = [fill for leg in legs for fill in leg.fills]
        size = legs[-1].size + sum(leg.filled for leg in legs[:-1])
        orders.append((number, legs[-1].side, legs[-1].price, size, fills, legs[-1].open))
    assert sum(len(chain) for chain in course.chains.values()) == len(book), "an order nobody asked for"
    return orders, stand.account(), course.skipped, course.seen


def exact(count: int, finer: int) -> int:
    """In counts so many times as large."""
    whole, rest = divmod(count, finer)
    assert rest == 0
    return whole


def telling(found: tuple[Any, ...]) -> bool:
    """Whether what came of it could tell clients apart: fills in part, orders that ended, one at work or skipped."""
    orders, _, _, seen = found
    parts = [0 < sum(size for _, size in fills) < whole for _, _, _, whole, fills, _ in orders]
    return any(parts) and any(seen.values()) and any(not open for *_, open in orders)


class Book(Protocol):
    """What plays the engine to our client."""

    states: dict[str, OrderState]

    def submit(self, *orders: Order) -> None: ...

    def cancel(self, order_id: str) -> None: ...

    def replace(self, order_id: str, quantity: int, limit: int) -> None: ...

    def query(self, order_id: str) -> None: ...

    def busy(self) -> list[str]: ...


class Ours:
    """Our client, and the engine's side of it."""

    def __init__(self, book: Book, client: Venue, stand: Stand, clock: Clock) -> None:
        self.book = book
        self.client = client
        self.stand = stand
        self.clock = clock

    def id(self, number: int) -> str:
        return f"A-1-{number + 1}"

    def state(self, number: int) -> OrderState:
        return self.book.states[self.id(number)]

    async def answered(self, number: int, done: Callable[[OrderState], object]) -> None:
        id = self.id(number)
        await until(lambda: id not in self.book.busy() and done(self.state(number)), f"the answer about {id}")

    async def place(self, number: int, step: Step) -> None:
        price = self.stand.price(step.level) if step.level else 0
        type = LIMIT if step.level else MARKET
        self.book.submit(
            Order(
                self.id(number), self.client.account, "s", self.stand.instrument, step.side, type,
                step.parts * self.stand.part, price, time=self.clock(),
            )
        )  # fmt: skip
        await self.answered(number, lambda state: state.venue_id if step.level else not state.is_open())

    async def change(self, number: int, level: int) -> None:
        price, order = self.stand.price(level), self.state(number).order
        self.book.replace(order.id, order.quantity, price)
        await self.answered(number, lambda state: state.order.limit_units == price)

    async def cancel(self, number: int) -> None:
        self.book.cancel(self.id(number))
        await self.answered(number, lambda state: not state.is_open())

    async def filled(self, number: int) -> int:
        self.book.query(self.id(number))
        await self.answered(number, lambda state: not state.queried or not state.is_open())
        return self.state(number).filled

    async def agrees(self, course: Course) -> AccountSnapshot:
        """Its book of orders comes to be the venue's; what it then shows of the account."""
        there = self.stand.orders()
        wanted = {
            self.id(number): (sum(there[name].filled for name in chain), there[chain[-1]].open)
            for number, chain in course.chains.items()
        }  # fmt: skip
        await until(lambda: {id: (one.filled, one.is_open()) for id, one in self.book.states.items()} == wanted)
        shown = await self.client.snapshot()
        assert dict(shown.orders) == {id: filled for id, (filled, open) in wanted.items() if open}
        return shown
