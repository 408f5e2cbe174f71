"""The site: REST, the WebSocket API and the market streams of a simulated Binance Spot, without clock or socket.

Doors: /api/v3/… (REST), /ws-api/v3 (WebSocket API), /ws, /ws/<streams> and /stream?streams=<streams> (market streams;
any suffix under /ws is taken). Everything is decided by its arguments, the seeded generator and the calls it gets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.market import MarketEvent
from tradewright.model.numbers import money_of
from tradewright.model.rng import Rng
from tradewright.sim.models.fee import FeeModel
from tradewright.sim.models.models import Models
from tradewright.sim.wire.binance import injections
from tradewright.sim.wire.binance.accounts import Account
from tradewright.sim.wire.binance.calling import carry_out, in_maintenance, new_call, no_listen_key
from tradewright.sim.wire.binance.codes import TIME_UNIT, Refusal
from tradewright.sim.wire.binance.credentials import (
    DEMO_ACCOUNT,
    Credential,
    Keyring,
    demo_credentials,
    rest_payload,
)
from tradewright.sim.wire.binance.desk import Desk
from tradewright.sim.wire.binance.endpoints import LISTEN_KEY_PATHS, REST, Endpoint
from tradewright.sim.wire.binance.figures import encoded
from tradewright.sim.wire.binance.limits import Limits, LimitsOf, retry_after
from tradewright.sim.wire.binance.line import Line
from tradewright.sim.wire.binance.list_desk import ListDesk
from tradewright.sim.wire.binance.market_data import SymbolMarket
from tradewright.sim.wire.binance.parameters import Parameters, pairs_of, read_rest
from tradewright.sim.wire.binance.prevention import Prevention
from tradewright.sim.wire.binance.rules import FilterKnobs, Rules
from tradewright.sim.wire.binance.socket_api import SocketLine
from tradewright.sim.wire.binance.streams import StreamLine, Streams
from tradewright.sim.wire.binance.venue import Call, Knobs, Venue
from tradewright.sim.wire.message import Answer, Request
from tradewright.sim.wire.site import Connection, Tape
from tradewright.sim.wire.trouble import Trouble

#: A tenth of a percent of what is received.
FEE = "maker_taker:10:10:in=received"
#: What the account `demo` begins with, besides nothing of every other asset.
DEMO_BALANCES = {"USDT": "100000", "USD": "100000", "USDC": "100000", "BTC": "2", "ETH": "20", "BNB": "50"}
JSON = "application/json;charset=UTF-8"
SOCKET_WEIGHT = 2


class BinanceSite:
    """A venue of these instruments. tape: the market; now: the time it begins, ns UTC.

    credentials: the keys it knows, each of an account; without them those of the account `demo` (`demo-key` with the
    secret `demo-secret`, and the Ed25519 key `demo-ed25519`). balances: per account and asset, as decimals; the demo
    account has DEMO_BALANCES unless told otherwise. fee, partial, queue: models of `sim.models` by their texts.
    filters, limits, knobs: what the venue publishes and what can be done to it (`FilterKnobs`, `LimitsOf`, `Knobs`).
    Raises InputError for instruments this venue can not have.
    """

    def __init__(
        self,
        instruments: Iterable[Instrument],
        tape: Tape,
        rng: Rng,
        now: int,
        *,
        credentials: tuple[Credential, ...] = (),
        balances: Mapping[str, Mapping[str, str]] | None = None,
        fee: str = FEE,
        partial: str = "none",
        queue: str = "front",
        filters: FilterKnobs | None = None,
        limits: LimitsOf | None = None,
        knobs: Knobs | None = None,
    ) -> None:
        self.tape = tape
        self.trouble = Trouble(bans=True)
        self.knobs = knobs or Knobs()
        self.now = now
        self.lines: list[Line] = []
        known = [Rules(instrument, filters or FilterKnobs()) for instrument in instruments]
        rules = {one.symbol: one for one in known}
        if not rules or len(rules) < len(known):
            raise InputError("a venue has at least one symbol, and each once")
        markets = {symbol: SymbolMarket(one) for symbol, one in rules.items()}
        models = Models(partial=partial, fill="this_close", queue=queue)
        counters = Limits(limits or LimitsOf(), self.trouble)
        desk = Desk(rules, markets, FeeModel(fee), models, counters, rng)
        lists = ListDesk(desk)
        desk.followers = [lists, Prevention(desk)]
        keys = credentials or demo_credentials()
        self.venue = Venue(rules, markets, desk, lists, counters, Keyring(keys), self.knobs, self.trouble)
        self._open_accounts(keys, balances or {})
        self.streams = Streams(self.venue)
        self.injections = injections.Injections(self.venue, rng.split("injections"))
        self.rng = rng

    def _open_accounts(self, keys: tuple[Credential, ...], balances: Mapping[str, Mapping[str, str]]) -> None:
        venue = self.venue
        assets = sorted({asset for rules in venue.rules.values() for asset in (rules.base, rules.quote)})
        for name in dict.fromkeys([credential.account for credential in keys]):
            stated = balances.get(name, DEMO_BALANCES if name == DEMO_ACCOUNT else {})
            owned = dict.fromkeys(assets, 0)
            owned |= {asset: money_of(amount, f"balance of {asset}") for asset, amount in stated.items()}
            account = Account(name, len(venue.accounts) + 1, owned)
            venue.accounts[name] = account
            venue.desk.open_account(account)

    def clock(self, now: int) -> int:
        """The venue's clock."""
        return now + self.knobs.skew_ns

    # Time

    def due(self) -> int | None:
        moments = [self.tape.due, self.streams.due, *(line.due for line in self.lines)]
        return min((moment for moment in moments if moment is not None), default=None)

    def advance(self, now: int) -> None:
        """Lets happen what is due by `now`, in the order of its time."""
        while True:
            self.lines = [line for line in self.lines if not line.closed]
            due = self.due()
            if due is None or due > now:
                break
            moment = max(due, self.now)
            self._at(moment)
            if self.tape.due is not None and self.tape.due <= moment:
                for event in self.tape.until(moment):
                    self.play(event)
            if self.streams.due is not None and self.streams.due <= moment:
                self.streams.grid(self.clock(moment))
            for line in self.lines:
                if line.due <= moment:
                    self._beat(line, moment)
        self._at(now)

    def _at(self, now: int) -> None:
        self.now = max(now, self.now)
        self.venue.desk.at(self.now, self.clock(self.now))

    def _beat(self, line: Line, now: int) -> None:
        line.beat(now)
        if line.closed and isinstance(line, SocketLine | StreamLine):
            line.end()

    def play(self, event: MarketEvent) -> None:
        """One event of the market."""
        market = self.venue.markets.get(event.instrument.symbol.upper())
        if market is None:
            return
        market.skew = self.knobs.skew_ns
        clock = self.clock(self.now)
        for tick, print_ in market.played(event):
            if self.knobs.references:
                market.reference = market.average(clock)
            self.venue.desk.run(tick, market.rules.symbol)
            if print_ is not None:
                self.streams.printed(market, print_, clock)
            elif self.knobs.depth_gaps:
                self.knobs.depth_gaps -= 1
                market.book.skip()
            else:
                self.streams.shown(market)
        if not self.knobs.references:
            market.reference = 0

    # Doors

    def request(self, request: Request, now: int) -> Answer:
        self.advance(now)
        clock = self.clock(self.now)
        headers: dict[str, str] = {"Content-Type": JSON}
        micro = False
        try:
            micro = time_unit(request.headers.get("x-mbx-time-unit", ""))
            content, call = self._answered(request, clock)
            status = 200
        except Refusal as refusal:
            status, content, call = refusal.status, refusal.content(), None
            wait = retry_after(refusal)
            if wait is not None:
                headers["Retry-After"] = str(wait)
        self._count(headers, request.peer, call, clock)
        return Answer(status, encoded(content, micro), headers, delay_ns=self.knobs.answer_delay_ns)

    def _answered(self, request: Request, clock: int) -> tuple[object, Call | None]:
        if self.trouble.maintenance:
            raise in_maintenance()
        endpoint = REST.get((request.method, request.path))
        form = form_of(request)
        if endpoint is None:
            self.venue.limits.enter(request.peer, 1, clock)
            if request.path in LISTEN_KEY_PATHS:
                raise no_listen_key(self.venue)
            raise Refusal(-1000, "There is nothing at this path.", 404)
        values = read_rest(request.query, form)
        parameters = Parameters(values)
        self.venue.limits.enter(request.peer, endpoint.weighs(parameters), clock)
        credential = self._credential(endpoint, request, form, values, clock)
        call = new_call(self.venue, values, request.peer, clock, socket=False)
        return carry_out(self.venue, endpoint, call, credential), call

    def _credential(
        self, endpoint: Endpoint, request: Request, form: str, values: dict[str, str], clock: int
    ) -> Credential | None:
        if not endpoint.security:
            return None
        payload, signature = rest_payload(request.query, form)
        key = request.headers.get("x-mbx-apikey", "")
        return self.venue.keys.check(key, values, payload, signature, request.peer, clock)

    def _count(self, headers: dict[str, str], peer: str, call: Call | None, clock: int) -> None:
        """The headers that say what is used."""
        limits = self.venue.limits
        weight = limits.address(peer).weight
        weight.turn(clock)
        headers[f"X-MBX-USED-WEIGHT-{weight.limit.suffix}"] = str(weight.used)
        if call is not None and call.returns_orders:
            for counter in limits.orders(call.account.name):
                counter.turn(clock)
                headers[f"X-MBX-ORDER-COUNT-{counter.limit.suffix}"] = str(counter.used)

    def connect(self, request: Request, now: int) -> Connection | Answer:
        self.advance(now)
        clock = self.clock(self.now)
        values = dict(pairs_of(request.query))
        try:
            if self.trouble.maintenance:
                raise in_maintenance()
            self.venue.limits.connect(request.peer, clock)
            line = self._line(request, values, clock)
        except Refusal as refusal:
            return Answer(refusal.status, encoded(refusal.content()), {"Content-Type": JSON})
        self.lines.append(line)
        return line

    def _line(self, request: Request, values: dict[str, str], clock: int) -> Line:
        micro = time_unit(values.get("timeUnit", ""))
        path = request.path
        if path == "/ws-api/v3":
            self.venue.limits.enter(request.peer, SOCKET_WEIGHT, clock)
            limits = values.get("returnRateLimits", "true").lower() != "false"
            return SocketLine(request, self.now, self.venue, micro, limits)
        if path == "/stream":
            names, combined = values.get("streams", ""), True
        elif path == "/ws" or path.startswith("/ws/"):
            names, combined = unquote(path.removeprefix("/ws").removeprefix("/")), False
        else:
            raise Refusal(-1000, "There is nothing at this path.", 404)
        line = StreamLine(request, self.now, self.venue, self.streams, micro, combined)
        line.begin([name for name in names.split("/") if name], self.now)
        return line

    def inject(self, kind: str, now: int) -> bool:
        self.advance(now)
        done = self.injections.happen(kind)
        self.venue.desk.flush()
        return done

    def transfer(self, asset: str, amount: str, now: int, account: str = DEMO_ACCOUNT) -> None:
        """A deposit, or a withdrawal (negative), as a decimal. Raises InputError."""
        self.advance(now)
        self.injections.transfer(account, asset, money_of(amount, f"transfer of {asset}"))
        self.venue.desk.flush()

    def lock(self, asset: str, amount: str, now: int, account: str = DEMO_ACCOUNT) -> None:
        """Locks so much of an asset from outside, as a decimal; "0" ends it. Raises InputError."""
        self.advance(now)
        self.injections.lock(account, asset, money_of(amount, f"lock of {asset}"))
        self.venue.desk.flush()


def form_of(request: Request) -> str:
    """The body of a call where it is a form, as text byte by byte."""
    if not request.body or request.method == "GET":
        return ""
    return request.body.decode("latin-1")


def time_unit(stated: str) -> bool:
    """Whether times are in µs. Raises Refusal for another unit."""
    unit = stated.upper()
    if unit not in ("", "MILLISECOND", "MICROSECOND"):
        raise Refusal(TIME_UNIT, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")
    return unit == "MICROSECOND"
