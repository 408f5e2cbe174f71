"""Who owns the accounts of a service: their leases are taken one behind the other, renewed, and lost.

No clock is compared with another. Who wants a lease takes it when he has seen its claim unchanged for the whole of
`ttl`, his own or the claim's if that is longer, by his own clock, or that it was given back meanwhile. Who has it holds
it for `ttl` less a margin, from the moment before he asked for the renewal that was answered last. So he has stopped
when another may begin, whatever becomes of the register: stopped, started again, emptied, or put back to what it was.
The clock goes on while a process stands still.

A claim that was not renewed in time, and that nobody has taken, is held again when it was renewed for a whole `ttl`
more. That its row is there, or none, proves nothing: another may have taken it before the register was emptied or put
back, and still count on it. By then he has found that it is not his, or stopped. Where it is another's, `LeaseLost`
ends the service.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from tradewright.model.errors import LeaseError, LeaseLost, Withheld
from tradewright.model.withheld import NOT_LEASED
from tradewright.ports import Claim, Clock, Leases

Answer = TypeVar("Answer")
SECOND_NS = 1_000_000_000
#: Of `ttl`: how often in it a claim is looked at, how often it is renewed, and which part of it is the margin, for
#: clocks that do not run alike and for what is on its way when it ends.
LOOKS, RENEWALS, MARGIN = 10, 3, 10


class Sighting:
    """How long a claim was seen as it is, by the clock of whoever wants it. ttl_ns: his own; highest: token that was
    seen."""

    def __init__(self, ttl_ns: int) -> None:
        self.highest = 0
        #: Of any claim that was seen: who put it down may be about to do so again.
        self._ttl_ns = ttl_ns
        self._shown: Claim | None = None
        self._since: int | None = None
        self._given_back = False

    def see(self, shown: Claim | None, now: int) -> bool:
        """Whether it may be taken as it is shown. now: behind the answer."""
        if self._since is None or shown != self._shown:
            # That it was given back is taken for true where it was seen before: an older one may have been put back.
            self._given_back = self._since is not None and _given_back(self._shown, shown)
            self._shown, self._since = shown, now
            if shown is not None:
                self.highest, self._ttl_ns = max(self.highest, shown.token), max(self._ttl_ns, shown.ttl_ns)
        return self._given_back or now - self._since >= self._ttl_ns

    def forget(self) -> None:
        """What becomes of it was not seen for a while."""
        self._since = None


def _given_back(before: Claim | None, shown: Claim | None) -> bool:
    if before is None or shown is None:
        return False
    return before.token == shown.token and bool(before.holder) and not shown.holder


class Ownership:
    """names: of the leases, by account. note: put down with each renewal, None = that of the one before stays. before:
    claims as they were when they were taken, by account; claims: what is put down since. withheld: how often something
    was not sent, by account."""

    def __init__(
        self, leases: Leases, names: Mapping[str, str], ttl: float, clock: Clock, note: Callable[[], str | None],
        say: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.holder = f"{socket.gethostname()}, process {os.getpid()} ({secrets.token_hex(4)})"
        self.before: dict[str, Claim | None] = {}
        self.claims: dict[str, Claim] = {}
        self.withheld: Counter[str] = Counter()
        self._leases = leases
        self._names = names
        self._ttl = ttl
        self._ttl_ns = round(ttl * SECOND_NS)
        self._clock = clock
        self._note = note
        self._say = say
        self._said: dict[str, str] = {}
        #: By account: when the claim that was answered last was asked for.
        self._asked: dict[str, int] = {}
        #: By account: since when one that had lapsed was renewed again.
        self._again: dict[str, int] = {}

    # ── what may leave ─────────────────────────────────────────────────────────────────────────────────────────────

    def held(self, account: str) -> bool:
        """Whether nobody else can have its lease at this moment."""
        asked = self._asked.get(account)
        return asked is not None and self._clock() < asked + self._ttl_ns - self._ttl_ns // MARGIN

    def all_held(self) -> bool:
        return all(map(self.held, self._names))

    def admit(self, account: str) -> None:
        """Asked before anything leaves for its venue. Raises Withheld."""
        if account in self._names and not self.held(account):
            self.withheld[account] += 1
            raise Withheld(f"the lease of account {account} is not known to be ours at this moment", NOT_LEASED)

    # ── taking ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def take(self, least: int) -> None:
        """Returns when all of them are its own, under tokens above `least`. In the order of their names, so that two
        who want the same ones do not wait for each other. Raises LeaseLost."""
        for account, name in sorted(self._names.items(), key=lambda item: item[1]):
            sighting = Sighting(self._ttl_ns)
            while not await self._takes(account, name, sighting, least):
                await asyncio.sleep(self._ttl / LOOKS)
                await self._renew_due()

    async def _takes(self, account: str, name: str, sighting: Sighting, least: int) -> bool:
        try:
            shown = await self._answered(self._leases.look(name))
            if not sighting.see(shown, self._clock()):
                owner = "of nobody" if shown is None else f"of {shown.holder or 'nobody'}, token {shown.token}"
                self._tell(account, f"LEASE  {account}: standing by; it is {owner}")
                return False
            asked, note = self._clock(), "" if shown is None else shown.note
            taking = self._leases.take(name, shown, self.holder, max(least, sighting.highest), note, self._ttl_ns)
            token = await self._answered(taking)
        except LeaseError as error:
            sighting.forget()
            self._tell(account, f"LEASE  {account}: standing by; {error}")
            return False
        if token:
            self.before[account], self._asked[account] = shown, asked
            self.claims[account] = Claim(token, self.holder, 0, note, self._ttl_ns)
            self._tell(account, f"LEASE  {account} is ours, token {token}")
        return bool(token)

    # ── keeping ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def keep(self) -> None:
        """Renews until it is cancelled. Raises LeaseLost."""
        while True:
            await self._renew_due()
            await asyncio.sleep(self._ttl / LOOKS)

    async def _renew_due(self) -> None:
        for account, claim in self.claims.items():
            # What a person has just halted goes along at once.
            if self._clock() - self._asked[account] >= self._ttl_ns // RENEWALS or self._noted(claim) != claim:
                await self._renew(account)

    def _noted(self, claim: Claim) -> Claim:
        note = self._note()
        return claim if note is None else claim._replace(note=note)

    async def _renew(self, account: str) -> None:
        claim = self.claims[account]
        # Counted whether it is answered or not: who looks sees each of them as another one.
        claim = self.claims[account] = self._noted(claim)._replace(renewals=claim.renewals + 1)
        asked = self._clock()
        try:
            ours = await self._answered(self._leases.renew(self._names[account], claim))
        except LeaseError as error:
            self._again.pop(account, None)
            if not self.held(account):
                self._tell(account, f"LEASE  {account} is not held, nothing leaves: {error}")
            return
        if not ours:
            del self._asked[account]
            raise LeaseLost(
                f"account {account} belongs to another engine since its lease (token {claim.token}) was not renewed in "
                "time; nothing was sent for it since. Started again, this one stands by"
            )
        if not self.held(account) and asked < self._again.setdefault(account, self._clock()) + self._ttl_ns:
            self._tell(account, f"LEASE  {account} is not held, nothing leaves: it has to stand {self._ttl:g} s again")
            return
        self._again.pop(account, None)
        self._asked[account] = asked
        self._tell(account, f"LEASE  {account} is ours, token {claim.token}")

    async def end(self) -> None:
        """Gives back what is held, for whoever stands by."""
        for account, claim in self.claims.items():
            if self.held(account):
                try:
                    await self._answered(self._leases.give_back(self._names[account], self._noted(claim)))
                except LeaseError as error:
                    self._say(f"LEASE  {account} is not given back, it ends by itself: {error}")
        self._asked.clear()
        await self._leases.close()

    async def _answered(self, answer: Awaitable[Answer]) -> Answer:
        """Within the time of a renewal. Raises LeaseError."""
        try:
            async with asyncio.timeout(self._ttl / RENEWALS):
                return await answer
        except TimeoutError as error:
            raise LeaseError(f"the leases: no answer within {self._ttl / RENEWALS:g} s") from error

    def _tell(self, account: str, line: str) -> None:
        """Once."""
        if self._said.get(account) != line:
            self._said[account] = line
            self._say(line)
