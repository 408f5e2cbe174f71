"""The outside on one page: what the engine asks of the world, as Protocols, and the fakes that ship with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from tradewright.model.account_snapshot import AccountSnapshot
from tradewright.model.answer import SignalFailed, SignalReceived, SignalRequest
from tradewright.model.chain import START, Head, framed, link
from tradewright.model.command import Command
from tradewright.model.errors import ContractError, JournalError, StoreMoved
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.model.order import Order
from tradewright.model.schema import BY_NAME, TABLES


class CrashPoint(Protocol):
    """A named place in the code where a proof may stop the process; in production nothing happens there."""

    def __call__(self, name: str, /) -> None: ...


def no_crash(name: str, /) -> None:
    """The CrashPoint of production."""


class Journal(Protocol):
    """The one durable sequence of records: numbered from 1, gap-free for ever, chained by `model.chain`.

    `append` runs ahead of the disk; what a record allows to leave the process leaves when `durable` has reached it.
    """

    @property
    def head(self) -> Head:
        """The last record appended, durable or not."""

    @property
    def durable(self) -> int:
        """The highest sequence number that survives a power loss."""

    @property
    def failure(self) -> JournalError | None:
        """Why nothing can be made durable any more; None while the journal is well."""

    def append(self, record: bytes, time: int) -> int:
        """Takes the next record (its time in ns UTC decides its day) and returns its sequence number.

        Returns at once unless the disk is far behind. Raises `failure` once there is one.
        """

    def append_all(self, records: Sequence[bytes], time: int) -> int:
        """Takes records that belong together: after a crash all of them are there, or none. Returns the last number."""

    def wait(self, sequence: int, timeout: float | None = None) -> bool:
        """Blocks until `sequence` is durable; False after `timeout` seconds. Raises `failure` if it can not be."""

    def snapshot(self, at: Head, state: bytes) -> None:
        """Keeps the state as it was after record `at`, once that record is durable. Blocks."""

    def close(self) -> None:
        """Makes all that was appended durable and ends. Raises `failure` if that can not be done."""


class Clock(Protocol):
    """What time it is: ns UTC. Waiting is the event loop's business, whose time passes at the same pace."""

    def __call__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it goes out. url: whole and encoded, exactly as it was signed. still: asked last of all, when its
    connection stands; raises Withheld where it may not leave any more."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    still: Callable[[], None] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back. headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Socket(Protocol):
    """A WebSocket of ours. Pings of the peer are answered underneath."""

    @property
    def heard(self) -> int:
        """When the peer was heard of last, by a frame of any kind (ns UTC, our clock)."""

    async def send(self, message: str | bytes) -> None:
        """A text or a binary frame. Raises SocketClosed."""

    async def receive(self) -> str | bytes:
        """The next text or binary frame. Raises SocketClosed once the peer has ended it or the line broke."""

    async def ping(self) -> None:
        """Asks the peer for a sign of life; its answer counts as heard. Raises SocketClosed."""

    async def close(self) -> None:
        """Ends it; a second time does nothing."""


class Transport(Protocol):
    """The network. Nothing is sent twice and no redirect is followed."""

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        """The whole answer within `timeout` seconds, whatever its status. Raises NotSent where the request surely did
        not reach its server, AnswerLost where it may have."""

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> Socket:
        """An open WebSocket. Raises NotSent, also where the server answers that it will have none."""

    async def close(self) -> None:
        """Gives all connections back."""


class Orders(Protocol):
    """What the engine knows of one account's orders, as its venue's client may read it at any moment. An order it does
    not know (any more) is None, "" or 0."""

    def instrument(self, symbol: str) -> Instrument | None:
        """One of the instruments it trades there."""

    def open(self) -> list[str]:
        """Ids of the orders that may live at the venue, or of which a request's outcome is not known."""

    def order(self, order_id: str) -> Order | None:
        """Its terms as the venue is known to work them."""

    def venue_id(self, order_id: str) -> str:
        """The newest name that the venue gave it, "" = none yet."""

    def filled(self, order_id: str) -> int:
        """Size counts filled so far."""

    def named(self, venue_id: str) -> str:
        """Id of the order whose newest name at the venue that is; for a venue whose names are unique in an account."""

    def booked(self, trade_id: str) -> str:
        """Id of the order of which a fill with that trade id is booked; for a venue whose trade ids are unique in an
        account."""


class Approvals(Orders, Protocol):
    """What the last gate before an account's wire reads of the engine, besides what its client reads."""

    def stopped(self, order_id: str) -> bool:
        """Whether it is an opening that may not leave any more, since something it lies in does not open; true of an
        order that is not known."""


class LastGate(Protocol):
    """Stands between an account's client and the network, and lets out only what was handed over."""

    def approve(self, command: Command) -> None:
        """The command is durable and is handed over to the client now: what it asks for may leave, once."""


class Venue(Protocol):
    """One account at one venue, connected. All it learns becomes events, handed to whom it was made with; their time is
    our clock's, `time_venue` the venue's."""

    account: str

    def execute(self, command: Command) -> None:
        """Hands a request over, which is journaled already, and returns at once. What becomes of it comes as reports:
        every request ends in one that answers it, or in OUTCOME_UNKNOWN."""

    async def run(self) -> None:
        """Holds the connections for as long as it is not cancelled: streams, what they missed, renewals, clock offset.
        A ConnectionChanged says when the account's reports begin to flow without a gap, and when they cease to, or what
        is watched has been away for a while; a RulesChanged, what the venue demands of orders from now on."""

    async def snapshot(self) -> AccountSnapshot:
        """The account as the venue shows it now. What is foreign in it was made known before. Raises TransportError,
        VenueRefused."""

    async def instruments(self, symbols: Sequence[str]) -> list[Instrument]:
        """Instruments with their increments and minimums, in the order of `symbols`. Raises InputError for a symbol the
        venue does not trade."""

    def watch(self, instruments: Sequence[Instrument]) -> None:
        """From now on their quotes and trades are wanted."""

    async def bars(self, instrument: Instrument, seconds: int, start: int, end: int) -> list[Bar]:
        """Closed bars whose period begins in [start, end), ns UTC, oldest first. Raises InputError for a period the
        venue does not have."""

    async def close(self) -> None:
        """Gives back what the transport does not hold."""


#: A row of a table of `model.schema`, by the names of its columns.
TableRow = Mapping[str, Any]


@dataclass(slots=True)
class Changes:
    """What becomes of tables, by their names. gone: conditions on columns; every row that meets one goes. rows: come
    behind that, each whole, or without a column that keeps what it holds (nothing, where the row is new)."""

    gone: dict[str, list[TableRow]] = field(default_factory=dict)
    rows: dict[str, list[TableRow]] = field(default_factory=dict)


class Store(Protocol):
    """The tables of `model.schema`, with the place in the journal up to which they tell it."""

    def reached(self) -> Head:
        """The last record that the tables know of. Raises StoreError."""

    def write(self, changes: Changes, before: Head, after: Head) -> None:
        """Takes the tables from `before` to `after`, whole or not at all. Raises StoreMoved where they are not at
        `before`, StoreError where it is not known to be done."""

    def clear(self) -> None:
        """Leaves no row: they tell the journal from its begin. Raises StoreError."""

    def close(self) -> None:
        """Gives back what it holds."""


#: Schemes of the URL of a Bus; those behind which TLS is spoken.
NATS, REDIS = ("nats", "tls"), ("redis", "rediss")
WITH_TLS = ("tls", "rediss")


class BusTerms(NamedTuple):
    """Where a Bus is and what is asked of it. journal: id of the one that is told; prefix: of the subjects that are
    published at; subjects: those that are heard; consumer: name under which what was heard is remembered."""

    url: str
    password: str
    token: str
    journal: str
    prefix: str
    subjects: Sequence[str]
    consumer: str


class Outgoing(NamedTuple):
    """A fact on its way to a bus. id: its own, the same however often it is told; sequence, place: of the journal, they
    never go back; content: JSON."""

    id: str
    sequence: int
    place: int
    subject: str
    content: bytes


class Incoming(NamedTuple):
    """A message that somebody has put on a bus. time: when, by the bus's clock, ns UTC; handle: the bus's own, by which
    it is settled."""

    subject: str
    content: bytes
    time: int
    handle: Any


class Bus(Protocol):
    """A message bus outside the process: it keeps what it is told and what others have told it, until that is
    settled."""

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """In their order; all of them are kept there when it returns, and one that was kept before is there once.
        Nothing to publish asks whether it is there. Raises BusError where that is not known; they may be published
        again then."""

    async def take(self) -> Incoming:
        """The next message, whenever it comes; one that was not settled comes again. Raises BusError."""

    async def settle(self, message: Incoming) -> None:
        """What was taken does not come again. Raises BusError."""

    async def close(self) -> None:
        """Gives back what it holds."""


#: Schemes of the URL of a register of leases that is a database.
POSTGRES = ("postgresql", "postgres")


class Claim(NamedTuple):
    """Who owns something, as a register shows it. token: counted upwards with each owner; holder: that process, and no
    other one ever, "" = it was given back; renewals: since it was taken; note: the holder's own words; ttl_ns: how
    long the holder counts on it from a renewal on."""

    token: int
    holder: str
    renewals: int
    note: str = ""
    ttl_ns: int = 0


class Leases(Protocol):
    """A register outside of the processes that shows one claim for each name. It knows no time: how long a claim holds
    is measured by those who look. What it does not answer in time may be done all the same."""

    async def look(self, name: str) -> Claim | None:
        """The claim as it stands, None = there is none. Raises LeaseError."""

    async def take(self, name: str, seen: Claim | None, holder: str, least: int, note: str, ttl_ns: int) -> int:
        """Gives it to `holder` where it still stands as it was seen, under a token above that one's and above `least`;
        0 = it stands otherwise, and nothing was done. Raises LeaseError."""

    async def renew(self, name: str, claim: Claim) -> bool:
        """Puts down a claim of the same token and holder, also where there is none at all, as in a register that was
        emptied; False = another one stands. Raises LeaseError."""

    async def give_back(self, name: str, claim: Claim) -> None:
        """Takes the holder out of that claim, where it stands, and puts its note down. Raises LeaseError."""

    async def close(self) -> None:
        """Gives back what it holds."""


class SignalSource(Protocol):
    """A service outside the process that thinks about instruments: a model, an agent. It never raises and never waits
    beyond its own time."""

    @property
    def name(self) -> str:
        """The name under which an ensemble weighs it."""

    async def ask(self, request: SignalRequest) -> SignalReceived | SignalFailed:
        """Its word on a request, or why there is none; stamped with the request's time."""

    async def close(self) -> None:
        """Give its connections back."""


class MemoryJournal:
    """A Journal that forgets at exit: same numbers and same hashes, durable at once. For backtests and proofs."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.snapshots: list[tuple[Head, bytes]] = []
        self.head = START

    @property
    def durable(self) -> int:
        return self.head.sequence

    @property
    def failure(self) -> JournalError | None:
        return None

    def append_all(self, records: Sequence[bytes], time: int) -> int:
        for record in records:
            self.append(record, time)
        return self.head.sequence

    def append(self, record: bytes, time: int) -> int:
        self.records.append(record)
        self.head = Head(self.head.sequence + 1, link(self.head.hash, framed(record)))
        return self.head.sequence

    def wait(self, sequence: int, timeout: float | None = None) -> bool:
        if sequence > self.head.sequence:
            raise ContractError(f"record {sequence} was never appended")
        return True

    def read(self, start: int = 1) -> Iterator[tuple[int, bytes]]:
        """The records from `start` on, with their numbers."""
        return enumerate(self.records[start - 1 :], start)

    def snapshot(self, at: Head, state: bytes) -> None:
        self.snapshots.append((at, state))

    def close(self) -> None:
        """Nothing is left to do."""


class MemoryStore:
    """A Store that forgets at exit. tables: rows by key, by table."""

    def __init__(self) -> None:
        self.head = START
        self.tables: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {table.name: {} for table in TABLES}

    def reached(self) -> Head:
        return self.head

    def write(self, changes: Changes, before: Head, after: Head) -> None:
        if self.head != before:
            raise StoreMoved(f"the tables are at record {self.head.sequence}, not {before.sequence}: others write them")
        for name, conditions in changes.gone.items():
            held = self.tables[name]
            for condition in conditions:
                for key in [key for key, row in held.items() if condition.items() <= row.items()]:
                    del held[key]
        for name, rows in changes.rows.items():
            table = BY_NAME[name]
            nothing = {column.name: None for column in table.columns}
            for row in rows:
                key = tuple(row[column] for column in table.key)
                if table.appended and key in self.tables[name]:
                    raise ContractError(f"{name}: {key} is there already")
                self.tables[name][key] = {**self.tables[name].get(key, nothing), **row}
        self.head = after

    def clear(self) -> None:
        for held in self.tables.values():
            held.clear()
        self.head = START

    def close(self) -> None:
        """Nothing is left to do."""
