"""The last gate before the wire: bytes out are approved intents, or change nothing.

Every request of an account's client is read back from its bytes, by a reader that knows nothing of the code which made
them. It leaves where it changes nothing, where it cancels, or where it asks for what the engine has journaled and
handed over (`approve`): the same order, symbol, side, type, size, prices, times and flags. Headers are not looked at,
nor labels (a magic number, a reason), nor is what ought to have left and did not.

How often: what was approved leaves once. It may leave again where it surely did not arrive, which clients are entitled
to for exits and changes alone, or where the venue's answer says for certain that nothing was done (a limit, a clock, a
price that had moved). An order is approved once for ever, so that one that was handed over twice does not leave twice.

A ticket of the venue's is whose the engine's book says, or what the venue itself has said of it in answers and frames
that passed here: the client id or comment, else (where a broker cuts comments) symbol and side.

What does not pass is never sent: `Withheld`, counted, told to the engine, which HALTs the account with an alarm. An
opening of a scope that was stopped meanwhile is withheld without one, at once, wherever it waited until then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tradewright.adapters.net.outgoing import CHANGE, CLOSE, GUARD, LEG, PLACE, Asked, Named, Reader, Unlisted, leg_of
from tradewright.adapters.net.terms import Terms, differs, terms_of
from tradewright.model.command import Command, Replace, Submit
from tradewright.model.errors import NotSent, Withheld
from tradewright.model.event import Event
from tradewright.model.withheld import LAST_GATE, SENT_ALREADY, RequestWithheld
from tradewright.ports import Approvals, Clock, HttpAnswer, HttpRequest, Socket, Transport

#: Withheld since its scope opens nothing any more.
OPENINGS_STOPPED = "OPENINGS_STOPPED"
#: Orders whose grants are kept, and tickets that are remembered; the oldest go.
ORDERS_MAX, TICKETS_MAX, APPROVED_MAX = 2_000, 20_000, 100_000


@dataclass(slots=True, eq=False)
class Grant:
    """What one command lets out. submits: a new order, else other terms; left: how often it may leave yet."""

    terms: Terms
    submits: bool
    left: int = 1


class WireGate:
    """A `ports.Transport` before another one, and a `ports.LastGate`. orders: the engine's own book of the account;
    deliver: to the engine. withheld: how often something was not let out, by code; unread: answers and
    frames of which the gate could make nothing."""

    def __init__(
        self, inner: Transport, reader: Reader, account: str, orders: Approvals, clock: Clock,
        deliver: Callable[[Event], None],
    ) -> None:  # fmt: skip
        self.withheld: Counter[str] = Counter()
        self.unread = 0
        self._inner = inner
        self._reader = reader
        self._account = account
        self._orders = orders
        self._clock = clock
        self._deliver = deliver
        self._grants: dict[str, list[Grant]] = {}
        self._approved: dict[str, None] = {}
        self._last: Command | None = None
        self._tickets: tuple[dict[str, Named], dict[str, Named]] = ({}, {})

    # ── what was approved ──────────────────────────────────────────────────────────────────────────────────────────

    def approve(self, command: Command) -> None:
        """As `ports.LastGate` has it. A cancel or look-up needs no approval."""
        order = command.order if isinstance(command, Submit) else self._orders.order(command.order_id)
        if isinstance(command, Submit):
            if command.order_id in self._approved:
                self._trip(command.order_id, f"{SENT_ALREADY}: {command.order_id} was handed over twice")
                return
            self._approved[command.order_id] = None
            _keep(self._approved, APPROVED_MAX)
            terms = terms_of(command.order, *_own_terms(command))
            self._grants.setdefault(command.order_id, []).append(Grant(terms, True))
        elif isinstance(command, Replace) and order is not None and command is not self._last:
            terms = terms_of(order, command.quantity, command.limit_units, command.stop_units)
            self._grants.setdefault(command.order_id, []).append(Grant(terms, False))
        self._last = command
        if len(self._grants) > ORDERS_MAX:
            working = set(self._orders.open())
            self._grants = {id: grants for id, grants in self._grants.items() if id in working}

    # ── what leaves ────────────────────────────────────────────────────────────────────────────────────────────────

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        """As `ports.Transport` has it. Raises Withheld."""
        used = self._pass(request)
        if any(grant.terms.opens for grant in used):
            # A connection may have to be made first.
            request = replace(request, still=partial(self._check_open, used))
        try:
            answer = await self._inner.request(request, timeout)
        except NotSent:
            for grant in used:
                grant.left += not (grant.submits and grant.terms.opens)
            raise
        with self._reading():
            if used and self._reader.undone(answer):
                for grant in used:
                    grant.left += 1
        with self._reading():
            self._learn(self._reader.answered(request, answer))
        return answer

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> Socket:
        """As `ports.Transport` has it. Raises Withheld."""
        try:
            self._reader.connects(url)
        except Unlisted as why:
            raise self._trip("", f"a connection: {why}") from why
        return GatedSocket(await self._inner.connect(url, headers, timeout), url, self)

    async def close(self) -> None:
        await self._inner.close()

    def check_frame(self, message: str | bytes) -> None:
        """Raises Withheld."""
        try:
            self._reader.frame(message)
        except Unlisted as why:
            raise self._trip("", f"a frame: {why}") from why

    def hear_frame(self, url: str, frame: str | bytes) -> None:
        with self._reading():
            self._learn(self._reader.heard(url, frame))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Whatever a venue says reaches who asked: what the gate can not read of it, it does not learn."""
        try:
            yield
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            self.unread += 1

    def _pass(self, request: HttpRequest) -> list[Grant]:
        """What it uses up. Raises Withheld."""
        try:
            asked = self._reader.read(request)
        except Unlisted as why:
            raise self._trip("", f"{request.method} {request.url.partition('?')[0][:100]}: {why}") from why
        used: list[Grant] = []
        for one in asked:
            found = self._granted(one, used)
            if isinstance(found, str):
                id = leg_of(one.name or one.of)[0]
                raise self._trip(id, found if found.startswith(SENT_ALREADY) else f"nobody approved it: {found}")
            if found is not None:
                used.append(found)
        self._check_whole(asked, used)
        self._check_open(used)
        for grant in used:
            grant.left -= 1
        return used

    def _check_open(self, used: list[Grant]) -> None:
        """Raises Withheld for what opens in a scope that was stopped meanwhile."""
        for grant in used:
            if grant.terms.opens and self._orders.stopped(grant.terms.id):
                self.withheld[OPENINGS_STOPPED] += 1
                raise Withheld(f"{grant.terms.id} may not open any more", OPENINGS_STOPPED)

    def _trip(self, order_id: str, text: str) -> Withheld:
        self.withheld[LAST_GATE] += 1
        self._deliver(RequestWithheld(self._clock(), self._account, order_id, text))
        return Withheld(text, LAST_GATE)

    # ── whether it was approved ────────────────────────────────────────────────────────────────────────────────────

    def _granted(self, asked: Asked, used: list[Grant]) -> Grant | str | None:
        """What lets it out, None where it needs nothing, or why it may not leave."""
        if asked.act == LEG:
            return self._leg(asked, used)
        id, leg = leg_of(asked.name)
        if asked.name and not id:
            return f"{asked.name[:40]!r} is no name of ours"
        if asked.act == GUARD or not id:
            grants = [grant for own in self._grants.values() for grant in own]
        else:
            submits = asked.act in (PLACE, CLOSE) and leg == 0
            grants = [grant for grant in self._grants.get(id, []) if grant.submits == submits]
        why = f"{asked.act} {asked.name or asked.ticket}"
        for grant in reversed(grants):
            found = self._differs(asked, grant)
            if not found and grant.left > 0 and grant not in used:
                return grant
            if not why.startswith(SENT_ALREADY):
                why = found or f"{SENT_ALREADY}: {grant.terms.id}"
        return why

    def _differs(self, asked: Asked, grant: Grant) -> str:
        terms = grant.terms
        found = differs(asked, terms, self._orders.filled(terms.id), self._reader.means, self._reader.market_exits)
        if found or not asked.ticket:
            return found
        if asked.act == CHANGE:
            fits = not grant.submits and self._works_on(asked.ticket, terms.id, terms, terms.side)
        else:
            fits = self._works_on(asked.ticket, terms.lot, terms, -terms.side)
        return "" if fits else f"{asked.ticket[:40]} is not what {terms.id} is about"

    def _works_on(self, ticket: str, id: str, terms: Terms, side: int) -> bool:
        """Whether the venue's ticket is the order, or the position that it opened; id "" = the symbol's one
        position."""
        if id and ticket in (self._orders.venue_id(id), *_tickets_in(self._orders.venue_id(id))):
            return True
        for shown in self._tickets:
            row = shown.get(ticket)
            if row is None or row.side != side or not self._reader.means(row.symbol, terms.instrument):
                continue
            named = leg_of(row.name)[0]
            if not id:
                if row.position:
                    return True
            elif named == id or self._orders.order(named) is None:
                return True
        return False

    def _leg(self, asked: Asked, used: list[Grant]) -> Grant | str | None:
        """A stop or target beside the order it belongs to, which was granted just before. Of an order that is placed
        anew it may be one that works already."""
        main = used[0].terms
        why = f"nobody approved a {asked.part} beside {main.id}"
        for grants in self._grants.values():
            for grant in grants:
                if grant.submits and grant.left > 0 and grant not in used and _beside(main, grant.terms):
                    found = self._differs(asked, grant)
                    if not found:
                        return grant
                    why = found
        for id in self._orders.open() if not used[0].submits else ():
            order = self._orders.order(id)
            if order is None or order.lot != main.id:
                continue
            terms = terms_of(order, order.quantity, order.limit_units, order.stop_units)
            if not differs(asked, terms, 0, self._reader.means, False):
                return None
        return why

    def _check_whole(self, asked: list[Asked], used: list[Grant]) -> None:
        """Where the venue links them, an order leaves with all its exits. Raises Withheld."""
        if not self._reader.linked or not used or asked[0].act != PLACE or not used[0].submits:
            return
        main = used[0].terms
        for grants in self._grants.values():
            for grant in grants:
                if grant.submits and grant.left > 0 and grant not in used and grant.terms.parent == main.id:
                    raise self._trip(main.id, f"nobody approved it: {main.id} would stand without {grant.terms.id}")

    # ── what the venue says of its tickets ─────────────────────────────────────────────────────────────────────────

    def _learn(self, rows: Iterable[Named]) -> None:
        for row in rows:
            shown = self._tickets[row.position]
            shown[row.ticket] = row
            _keep(shown, TICKETS_MAX)


class GatedSocket:
    """A WebSocket behind the gate."""

    def __init__(self, inner: Socket, url: str, gate: WireGate) -> None:
        self._inner = inner
        self._url = url
        self._gate = gate

    @property
    def heard(self) -> int:
        return self._inner.heard

    async def send(self, message: str | bytes) -> None:
        self._gate.check_frame(message)
        await self._inner.send(message)

    async def receive(self) -> str | bytes:
        frame = await self._inner.receive()
        self._gate.hear_frame(self._url, frame)
        return frame

    async def ping(self) -> None:
        await self._inner.ping()

    async def close(self) -> None:
        await self._inner.close()


def _own_terms(command: Submit) -> tuple[int, int, int]:
    order = command.order
    return order.quantity, order.limit_units, order.stop_units


def _tickets_in(venue_id: str) -> tuple[str, str]:
    """A ticket as the engine keeps it may carry a leg or a slot behind it."""
    return venue_id.partition("_")[0], venue_id.partition(":")[0]


def _beside(main: Terms, exit: Terms) -> bool:
    """Whether an exit goes out as part of that order: behind it, or as the other one of its pair."""
    behind = main.id in (exit.parent, exit.lot) and exit.side == -main.side
    paired = exit.group != "" and exit.group == main.group and exit.side == main.side
    return (behind or paired) and exit.id != main.id and exit.quantity >= main.quantity


def _keep(shown: dict[str, Any], most: int) -> None:
    """The oldest go."""
    while len(shown) > most:
        del shown[next(iter(shown))]
