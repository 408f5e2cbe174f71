"""The simulated Alpaca: all of it behind one pair of doors, in the venue's own time.

    site = AlpacaSite(instruments, Tape(events), Rng(7), now)
    answer = site.request(Request("GET", "/v2/account", headers=…), now)

Trading, market data and streams are one site, as a client's `url_override` has it: /v2/…, /v1beta3/…, /v3/…, and the
sockets /stream, /v2/{feed}, /v1beta3/crypto/us, /v1beta1/news (which has nothing to say). The account is `demo-key`
with the secret `demo-secret` and 100,000 dollars unless others are given.

Decided: fills need the quote alone, whatever sizes it shows (`Knobs.sizes`), and a tenth of them is a random part;
where an asset has no quotes its trades, else its bars are traded on. Shares outside of the regular session trade for
orders with extended hours only, at night only assets that may.
"""

from __future__ import annotations

from collections.abc import Iterable

from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Depth, MarketEvent, Quote, Trade
from tradewright.model.rng import Rng
from tradewright.model.zone import day_of, day_start
from tradewright.sim.exchange.exchange import Exchange
from tradewright.sim.models.models import Models
from tradewright.sim.wire.alpaca.account import Account, AccountTerms
from tradewright.sim.wire.alpaca.account_doors import AccountDoors
from tradewright.sim.wire.alpaca.admission import Admission
from tradewright.sim.wire.alpaca.agenda import Agenda
from tradewright.sim.wire.alpaca.assets import CRYPTO, Asset, Assets
from tradewright.sim.wire.alpaca.bands import Bands
from tradewright.sim.wire.alpaca.boards import Board, Boards, Candle
from tradewright.sim.wire.alpaca.codes import Refusal, in_maintenance, throttled
from tradewright.sim.wire.alpaca.corrections import cancel_last, correct_last
from tradewright.sim.wire.alpaca.credentials import Credentials
from tradewright.sim.wire.alpaca.desk import Desk
from tradewright.sim.wire.alpaca.doors import Call, Doors, path_of, query_of
from tradewright.sim.wire.alpaca.injections import inject
from tradewright.sim.wire.alpaca.knobs import Knobs
from tradewright.sim.wire.alpaca.limits import RateLimit
from tradewright.sim.wire.alpaca.market_data import MarketData
from tradewright.sim.wire.alpaca.notation import NEW_YORK, Moment, refused, uuid_of
from tradewright.sim.wire.alpaca.order_doors import OrderDoors
from tradewright.sim.wire.alpaca.sessions import CLOSED, NIGHT, is_open, next_close, phase_at
from tradewright.sim.wire.alpaca.streams import DataStream, Stream, TradeStream
from tradewright.sim.wire.message import Answer, Request
from tradewright.sim.wire.site import Connection, Tape
from tradewright.sim.wire.trouble import Trouble

#: Part of the fills that are random parts, as the paper venue has it.
MODELS = Models(partial="random:0.1")
DATA_STREAMS = ("/v2/iex", "/v2/sip", "/v2/test", "/v2/delayed_sip", "/v1beta3/crypto/us", "/v1beta1/news")


class AlpacaSite:
    """The venue. instruments: what may be listed; tape: the market, its past before `now` included; accounts: by their
    keys; knobs: what else can be set; models: how the exchange fills, its latency none (`Knobs.ack_ns` is ours)."""

    def __init__(
        self,
        instruments: Iterable[Instrument],
        tape: Tape,
        rng: Rng,
        now: int,
        accounts: Iterable[AccountTerms] = (AccountTerms(),),
        knobs: Knobs | None = None,
        models: Models = MODELS,
    ) -> None:
        self.trouble = Trouble()
        self.knobs = knobs or Knobs()
        self.now = now
        self.tape = tape
        self.assets = Assets(instruments, self.knobs)
        self.boards = Boards(self.assets)
        self.bands = Bands()
        self.exchange = Exchange(models, rng.split("exchange"))
        self.agenda = Agenda()
        self.desk = Desk(
            self.exchange, self.agenda, self.boards, rng.split("desk"), self.knobs, self.trouble, self._tell
        )
        self._rng = rng.split("site")
        self.accounts: dict[str, Account] = {}
        for terms in accounts:
            self.exchange.open_account(terms.key)
            self.accounts[terms.key] = Account(terms, self.boards, now, self.knobs.legacy_pdt)
        self._credentials = Credentials({key: account.terms.secret for key, account in self.accounts.items()})
        self._limits = {
            (key, data): RateLimit(self.knobs.data_limit if data else self.knobs.requests_per_minute)
            for key in self.accounts
            for data in (False, True)
        }
        self.streams: list[Stream] = []
        self.admission = Admission(self.boards, self.knobs)
        orders = OrderDoors(self.assets, self.admission, self.desk, self.knobs, self.trouble)
        data = MarketData(self.assets, self.boards, self.knobs)
        accounts_doors = AccountDoors(self.assets, self.admission, data, self.trouble)
        self._doors = Doors([*orders.routes(), *accounts_doors.routes()])
        self._quoted: dict[str, bool] = {}
        self.agenda.plan(next_close(now), self._close_session)
        self.agenda.plan(day_start(NEW_YORK, day_of(NEW_YORK, now) + 1), self._begin_day)

    # Requests

    def request(self, request: Request, now: int) -> Answer:
        """Answers a request of REST."""
        self.advance(now)
        headers = {"X-Request-ID": uuid_of(self._rng).replace("-", "")}
        try:
            if self.trouble.maintenance:
                raise in_maintenance()
            key = self._credentials.key_of(request.headers)
            path = path_of(request)
            limit = self._limits[key, path.startswith(("/v2/stocks", "/v1beta"))]
            granted = limit.take(now) and now >= self.trouble.limited_until
            headers.update(limit.headers(now, self.trouble.limited_until))
            if not granted:
                raise throttled()
            door, rest = self._doors.find(request.method, path)
            answer = door(Call(self.accounts[key], request, rest, query_of(request.query), now))
            if request.method == "POST" and self._rng.below(1_000_000) < self.knobs.late_answers:
                answer.delay_ns = 5 * self.knobs.ack_ns
        except Refusal as refusal:
            answer = refused(refusal)
        answer.headers.update(headers)
        return answer

    def paths(self) -> list[tuple[str, str]]:
        """Methods and paths that are answered; a `*` stands for the rest."""
        return self._doors.paths

    # Streams

    def connect(self, request: Request, now: int) -> Connection | Answer:
        """Opens a stream."""
        self.advance(now)
        if self.trouble.maintenance:
            return refused(in_maintenance())
        stream: Stream
        if request.path == "/stream":
            stream = TradeStream(request, now, self._gone, self._credentials)
        elif request.path in DATA_STREAMS:
            stream = data = DataStream(request, now, self._gone, self._credentials, self.knobs, self._data_streams)
            self.agenda.plan(now + self.knobs.auth_ns, lambda at: data.time_out())
        else:
            return refused(Refusal(404, 0, "endpoint not found."))
        self.streams.append(stream)
        return stream

    def _gone(self, stream: Stream) -> None:
        if stream in self.streams:
            self.streams.remove(stream)

    def _data_streams(self) -> list[Stream]:
        return [stream for stream in self.streams if isinstance(stream, DataStream)]

    def drop_streams(self) -> None:
        """Ends all streams from the venue's side."""
        for stream in list(self.streams):
            stream.end(1001)

    def _tell(self, account: Account, event: dict[str, object]) -> None:
        if self.trouble.silent:
            return
        times = 1
        if self.knobs.duplicate_events:
            self.knobs.duplicate_events -= 1
            times = 2
        for stream in self.streams:
            if isinstance(stream, TradeStream) and stream.listens and stream.key == account.terms.key:
                for _ in range(times):
                    stream.tell({"stream": "trade_updates", "data": event})

    def _publish(self, asset: Asset, board: Board, event: MarketEvent, candle: Candle | None) -> None:
        """Tells the data streams what the market said."""
        streams = [stream for stream in self.streams if isinstance(stream, DataStream) and _carries(stream, asset)]
        if self.trouble.silent or not streams:
            return
        rows: list[tuple[str, str, dict[str, object]]] = []
        if isinstance(event, Quote):
            rows.append(("quotes", "q", board.quote_row(event)))
        elif isinstance(event, Trade):
            rows.append(("trades", "t", board.trade_row(board.number, event)))
        elif isinstance(event, Depth):
            rows.append(("orderbooks", "o", {**board.depth_row(event), "r": True}))
        if candle is not None:
            rows.append(("bars", "b", board.candle_row(candle)))
            if any(stream.wants("dailyBars", asset.symbol) for stream in streams):
                rows.append(("dailyBars", "d", board.candle_row(board.today(candle))))
        self._spread(asset, rows)

    def _spread(self, asset: Asset, rows: Iterable[tuple[str, str, dict[str, object]]]) -> None:
        """Rows of an asset, by channel and kind, to the streams that asked for them."""
        streams = [stream for stream in self.streams if isinstance(stream, DataStream) and _carries(stream, asset)]
        for channel, kind, row in rows if not self.trouble.silent else ():
            for stream in streams:
                stream.publish(channel, {"T": kind, "S": asset.symbol, **row})

    # Time

    def advance(self, now: int) -> None:
        """Lets happen what is due: the market's events and what was planned, in order; of one instant the market
        first."""
        while True:
            market, planned = self.tape.due, self.agenda.due
            if market is not None and market <= now and (planned is None or market <= planned):
                for event in self.tape.until(market):
                    self._take(event)
                    break
            elif planned is not None and planned <= now:
                self.now = max(self.now, planned)
                self.agenda.do_next()
            else:
                break
        self.now = max(self.now, now)

    def due(self) -> int | None:
        times = [time for time in (self.tape.due, self.agenda.due) if time is not None]
        return min(times, default=None)

    def _take(self, event: MarketEvent) -> None:
        """One event of the market: seen, told, traded on."""
        asset = self.assets.of(event.instrument)
        own = asset.own(event) if asset is not None else None
        if asset is None or own is None:
            return
        self.now = now = max(self.now, event.time)
        if asset.halted and isinstance(own, Trade | Bar):
            return
        board = self.boards.of(asset)
        candle = board.see(own)
        self._publish(asset, board, own, candle)
        banded = asset.asset_class != CRYPTO and not asset.halted and board.price
        if banded and self.bands.due(asset, now) and is_open(now):
            self._spread(asset, [("lulds", "l", self.bands.told(asset, board.price, now))])
        traded = self._traded_on(asset, own)
        if traded is not None:
            for report in self.exchange.run(traded):
                self.desk.hear(report, now)
            if asset.asset_class != CRYPTO:
                self.desk.released_by(asset, now)
            self.desk.watch_trails(asset)
        for account in self.accounts.values():
            if account.history.wants(now):
                account.history.sample(now, account.figures().equity)

    def _traded_on(self, asset: Asset, event: MarketEvent) -> MarketEvent | None:
        """What the exchange hears of the event; None: nothing."""
        if asset.asset_class != CRYPTO:
            phase = phase_at(event.time)
            if asset.halted:
                return None
            # A bar comes as it ends: the session's last one lies in the session.
            if (phase == CLOSED and phase_at(event.time - 1) == CLOSED) or (phase == NIGHT and not asset.overnight):
                return None
        if self.knobs.sizes:
            return event
        if isinstance(event, Quote):
            self._quoted[asset.plain] = True
            return Quote(event.time, event.instrument, event.bid_units, event.ask_units)
        if isinstance(event, Depth):
            self._quoted[asset.plain] = True
            bid = event.bids[0][0] if event.bids else 0
            return Quote(event.time, event.instrument, bid, event.asks[0][0] if event.asks else 0)
        return None if asset.plain in self._quoted and isinstance(event, Trade) else event

    def _close_session(self, now: int) -> None:
        self.boards.close_session()
        for account in self.accounts.values():
            account.close_session()
        if self.knobs.done_for_day:
            self.desk.end_day(self.accounts.values(), now)
        self.agenda.plan(next_close(now), self._close_session)

    def _begin_day(self, now: int) -> None:
        for account in self.accounts.values():
            account.begin_day(now)
        self.desk.begin_day(self.accounts.values(), now)
        self.agenda.plan(day_start(NEW_YORK, day_of(NEW_YORK, now) + 1), self._begin_day)

    # Faults

    def halt(self, symbol: str, halted: bool, now: int) -> bool:
        """Stops trading in a share, or lets it go on; orders are taken meanwhile and wait. False: no such share."""
        code, words = ("H", "Trading Halt") if halted else ("T", "Trading Resumption")
        asset = self._share(symbol, now)
        if asset is None:
            return False
        asset.halted = halted
        self.bands.forget(asset)
        return self.state(symbol, code, words, now)

    def state(self, symbol: str, code: str, words: str, now: int, reason: str = "") -> bool:
        """Tells a status of a share, whatever it is. False: no such share."""
        asset = self._share(symbol, now)
        if asset is None:
            return False
        row: dict[str, object] = {"sc": code, "sm": words, "rc": reason, "rm": "", "z": "C", "t": Moment(now)}
        self._spread(asset, [("statuses", "s", row)])
        return True

    def band(self, symbol: str, low: int, high: int, now: int) -> bool:
        """From now on the price band of a share is that one, in its counts. False: no such share."""
        asset = self._share(symbol, now)
        if asset is not None:
            self._spread(asset, [("lulds", "l", self.bands.set(asset, low, high, now))])
        return asset is not None

    def _share(self, symbol: str, now: int) -> Asset | None:
        """One by its symbol, as everything is by now."""
        self.advance(now)
        asset = self.assets.find(symbol)
        return None if asset is None or asset.asset_class == CRYPTO else asset

    def amend(self, symbol: str, cancelled: bool, now: int) -> bool:
        """Cancels the last trade of a share, or corrects its price. False: no such share, or no trade of it."""
        asset = self._share(symbol, now)
        if asset is None:
            return False
        board = self.boards.of(asset)
        said = cancel_last(board, now) if cancelled else correct_last(board, now)
        self._spread(asset, said)
        return bool(said)

    def split(self, symbol: str, new: int, old: int, now: int) -> bool:
        """A share is split, `new` for `old`: positions follow at their cost, with an activity SPLIT; orders at work
        stay as they were, stop prices included. False: no such share. The market's prices are the tape's to change."""
        asset = self._share(symbol, now)
        if asset is None or min(new, old) <= 0:
            return False
        for account in self.accounts.values():
            size = account.ledger.split(asset, new, old)
            if size:
                account.activities.split(asset.symbol, size, self.now, self._rng)
                account.ledger.keep(self.now)
        return True

    def inject(self, kind: str, now: int) -> bool:
        """Lets one of `trouble.INJECTIONS` happen; False: there is nothing to which it could."""
        self.advance(now)
        done = inject(kind, list(self.accounts.values()), self.assets, self.desk, now)
        self.advance(now)
        return done


def _carries(stream: DataStream, asset: Asset) -> bool:
    """Whether the stream's endpoint is for the asset's class."""
    return ("/crypto/" in stream.endpoint) == (asset.asset_class == CRYPTO)
