"""The account's events over the WebSocket API: subscribed by signature, with either kind of key.

What can not be read may have been a fill: it is counted, and the stream is opened anew, behind which what was missed is
looked up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec

from tradewright.adapters.chain.outcomes import ASK, CLOCK, LIMITED
from tradewright.adapters.chain.reporter import Reporter
from tradewright.adapters.net.line import Line
from tradewright.adapters.venue.binance import events
from tradewright.adapters.venue.binance.answers import limited_until, refusal_of
from tradewright.adapters.venue.binance.caller import PAUSE_NS, Caller
from tradewright.adapters.venue.binance.outcomes import outcome_of
from tradewright.model.errors import InputError, VenueRefused
from tradewright.ports import Orders, Socket

METHOD = "userDataStream.subscribe.signature"


class UserStream:
    """balances: told of what has changed; moved: of money that came or went; gap: told why something may have been
    missed on a stream that stands."""

    def __init__(
        self, caller: Caller, reporter: Reporter, orders: Orders, errors: Counter[str],
        balances: Callable[[dict[str, int]], None], moved: Callable[[events.Movement], None],
        gap: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.caller = caller
        self.reporter = reporter
        self.orders = orders
        self.errors = errors
        self.balances = balances
        self.moved = moved
        self.gap = gap
        self.line: Line
        self._asked = 0

    async def subscribe(self, socket: Socket) -> None:
        """On a fresh socket. Raises TransportError, VenueRefused."""
        self._asked += 1
        asked = self._asked
        request = {"id": asked, "method": METHOD, "params": self.caller.signed(())}
        await socket.send(msgspec.json.encode(request).decode())
        while True:
            message = await socket.receive()
            try:
                said = events.read(message)
            except InputError as error:
                raise VenueRefused(f"the subscription was answered with what can not be read: {error}") from error
            if isinstance(said, events.UserEvent):
                self.take(said)
            elif said.id == asked:
                if said.status != 200:
                    await self._refused(said)
                return

    async def _refused(self, reply: events.Reply) -> None:
        code, text = refusal_of(reply.error)
        outcome = outcome_of(ASK, reply.status, code, text)
        if outcome == CLOCK:
            await self.caller.measure()
        elif outcome == LIMITED:
            self.caller.close(limited_until(reply.error) or self.caller.now() + PAUSE_NS)
        raise VenueRefused(f"the user stream was refused: {reply.status} {code} {text}", f"{code}")

    def heard(self, message: str | bytes) -> None:
        """Each later message."""
        try:
            said = events.read(message)
        except InputError:
            self.errors["frame"] += 1
            self.line.drop("a frame that can not be read")
            return
        if isinstance(said, events.UserEvent):
            self.take(said)
        elif said.status != 200:
            self.errors["stream_refused"] += 1
            self.line.drop(f"the venue says {said.status}")

    def take(self, event: events.UserEvent) -> None:
        try:
            if event.kind == events.REPORT:
                self._report(event.content)
            elif event.kind == events.BALANCES:
                self.balances(events.balances_of_event(event.content))
            elif event.kind == events.MOVED:
                self.moved(events.movement_of_event(event.content))
            elif event.kind == events.SHUTDOWN:
                self.line.renew()
            elif event.kind == events.TERMINATED:
                self.line.drop("the venue has ended the subscription")
            elif event.kind not in events.OTHERS:
                self.errors["unknown_event"] += 1
        except InputError:
            self.errors["event"] += 1
            self.gap("an event that can not be read")

    def _report(self, content: bytes) -> None:
        row = events.report_row(content)
        instrument = self.orders.instrument(row.s)
        if instrument is None:
            self.errors["unknown_symbol"] += 1
            return
        self.reporter.hear(events.seen_of_report(row, instrument))
