"""Every decoder of the venues' clients: what it makes of bytes from outside, and the errors it may raise.

Run as a program it lets libFuzzer (atheris) look for bytes that make one raise anything else:
`python -m tests.properties.decoders NAME RUNS SEED [FOLDER OF SAMPLES]`. Mutations keep to what JSON or msgpack can
say half of the time, so that they come past the first brace.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from tests.unit.sim.wire.binance_client import BTC
from tradewright.model.errors import AnswerLost, InputError, VenueRefused
from tradewright.model.instrument import Instrument
from tradewright.ports import HttpAnswer, HttpRequest


@dataclass(frozen=True, slots=True)
class Decoder:
    """read: the decoder; refuses: how it says that bytes are nothing it knows."""

    read: Callable[[bytes], object]
    refuses: tuple[type[Exception], ...]

    def take(self, data: bytes) -> bool:
        """Whether it could be read. Raises what the decoder must not raise, and AssertionError for a float."""
        try:
            floats(self.read(data))
        except self.refuses:
            return False
        return True


def floats(noun: object) -> None:
    """No money, price or size is a float: AssertionError for one that is. Instruments hold two for indicators."""
    if isinstance(noun, Instrument):
        return
    assert not isinstance(noun, float), noun
    if isinstance(noun, list | tuple):
        for one in noun:
            floats(one)
    elif isinstance(noun, Mapping):
        for one in noun.values():
            floats(one)
    else:
        for name in getattr(type(noun), "__slots__", ()) or getattr(type(noun), "__struct_fields__", ()):
            floats(getattr(noun, name, None))


def of_binance() -> dict[str, Decoder]:
    from tradewright.adapters.venue.binance import answers, events, instruments, market

    rows: dict[str, Callable[[bytes], object]] = {
        "user event": events.read,
        "report": lambda body: events.seen_of_report(events.report_row(body), BTC),
        "balances event": events.balances_of_event,
        "order": lambda body: answers.seen_of(answers.decoded(body, answers.OrderRow), BTC),
        "orders": lambda body: [answers.seen_of(row, BTC) for row in answers.decoded(body, list[answers.OrderRow])],
        "account": answers.balances_of,
        "trades": lambda body: [answers.trade_of(row, BTC) for row in answers.decoded(body, list[answers.TradeRow])],
        "list": lambda body: answers.decoded(body, answers.ListRow),
        "amendment": lambda body: answers.decoded(body, answers.AmendRow),
        "time": lambda body: answers.moment(answers.decoded(body, answers.TimeRow).serverTime),
        "refusal": answers.refusal_of,
        "wait": answers.limited_until,
        "movement event": events.movement_of_event,
        "number": lambda body: told(market.number_of(body) is not None),
        "market frame": market.read,
        "trade frame": lambda body: market.trade_of(body, BTC, 1).row(),
        "quote frame": lambda body: market.quote_of(body, BTC, 1),
        "candles": lambda body: [bar.row() for bar in market.candles_of(body, BTC, 60)],
        "exchange info": lambda body: [instruments.instrument_of(row) for row in instruments.info_of(body)[1]],
    }
    return {name: Decoder(read, (InputError,)) for name, read in rows.items()}


def of_alpaca() -> dict[str, Decoder]:
    from tests.unit.sim.wire.alpaca_desk import ACME, MONDAY
    from tradewright.adapters.venue.alpaca import answers, instruments, notation, notices, ticks, updates

    shapes = {
        "order": answers.WireOrder, "orders": list[answers.WireOrder], "executions": list[answers.Execution],
        "movements": list[answers.Movement], "account": answers.WireAccount, "positions": list[answers.WirePosition],
        "clock": answers.WireClock, "bars": answers.BarPage, "latest": answers.LatestTrades, "refusal": answers.Refused,
    }  # fmt: skip
    rows: dict[str, Callable[[bytes], object]] = {
        name: lambda body, shape=shape: answers.read(body, shape)  # type: ignore[misc]
        for name, shape in shapes.items()
    }

    def noticed(body: bytes) -> None:
        found = [one for one in ticks.read_ticks(body.decode(), False) if one.T in (notices.STATUS, notices.BAND)]
        if not found:
            raise answers.Unreadable("it says nothing of what is looked for")
        for one in found:
            notices.Notices(lambda: MONDAY, floats).hear(one, ACME)

    rows |= {
        "assets": lambda body: [
            instruments.instrument_of(one, None, True) for one in answers.read(body, list[answers.WireAsset])
        ],
        "update": updates.read_update,
        "log-in": updates.authorized,
        "listening": updates.listening,
        "ticks": lambda body: [ticks.event_of(one, ACME, 1).row() for one in ticks.read_ticks(body.decode(), False)],
        "packed ticks": lambda body: [ticks.event_of(one, ACME, 1).row() for one in ticks.read_ticks(body, True)],
        "notices": noticed,
        "time": lambda body: notation.time_of(body.decode()),
    }
    # A frame of text was decoded before it came here.
    return {name: Decoder(read, (answers.Unreadable, UnicodeDecodeError)) for name, read in rows.items()}


def of_mt5() -> dict[str, Decoder]:
    from tradewright.adapters.venue.mt5 import answers, symbols

    names = ("Positions", "Deals", "OrderAnswer", "Orders", "Health", "Price", "Summary", "Done", "Refusal")
    shapes: dict[str, Any] = {name: getattr(answers, name) for name in names} | {"Rates": list[answers.Rate]}
    rows: dict[str, Callable[[bytes], object]] = {
        name: lambda body, shape=shape: answers.read(body, shape)  # type: ignore[misc]
        for name, shape in shapes.items()
    }
    rows["time"] = lambda body: answers.moment(body.decode())
    rows["Listing"] = lambda body: [
        symbols.instrument_of(one.name or "X", "mt5", one) for one in answers.read(body, answers.Listing).symbols
    ]
    return {name: Decoder(read, (VenueRefused, InputError, UnicodeDecodeError)) for name, read in rows.items()}


def of_ccxt() -> dict[str, Decoder]:
    from tradewright.adapters.venue.ccxt import answers, instruments, library, market

    pair = "BTC/USDT"
    rows: dict[str, Callable[[Any], object]] = {
        "body": lambda value: value,
        "order": lambda value: answers.seen_of(value, BTC, pair),
        "trades": lambda value: [answers.trade_of(row, BTC, pair) for row in answers.rows_of(value)],
        "balances": answers.balances_of,
        "market": lambda value: instruments.instrument_of(answers.row_of(value), instruments.TICK_SIZE, "x"),
        "book": lambda value: market.quote_of(value, BTC),
        "print": lambda value: market.trade_of(value, BTC, 1)[1].row(),
        "candle": lambda value: market.bar_of(value, BTC, 60).row(),
    }
    return {
        name: Decoder(lambda body, read=read: read(library.read(body)), (InputError, AnswerLost))  # type: ignore[misc]
        for name, read in rows.items()
    }


def told(said: object) -> object:
    """Raises InputError where it is nothing: what is read says none of what is looked for."""
    if not said:
        raise InputError("it says nothing")
    return said


#: What was asked for, where an answer says of it no more than its tickets.
OPENED = {"comment": "A1-1-1", "symbol": "EURUSD", "direction": "buy"}


def of_gates() -> dict[str, dict[str, Decoder]]:
    """What the last gate hears of each venue, by venue: answers and frames that name tickets, and answers that say that
    nothing was done."""
    from tradewright.adapters.venue.alpaca.endpoints import Endpoints as AlpacaEndpoints
    from tradewright.adapters.venue.alpaca.outgoing import AlpacaReader
    from tradewright.adapters.venue.binance.endpoints import ENVIRONMENTS
    from tradewright.adapters.venue.binance.outgoing import BinanceReader
    from tradewright.adapters.venue.mt5.endpoints import Endpoints as Mt5Endpoints
    from tradewright.adapters.venue.mt5.outgoing import Mt5Reader

    alpaca, binance, mt5 = AlpacaEndpoints.of("paper"), ENVIRONMENTS["paper"], Mt5Endpoints("http://127.0.0.1:3030")
    readers: dict[str, tuple[Any, str, list[HttpRequest]]] = {
        "binance": (
            BinanceReader(binance), binance.socket_api, [HttpRequest("GET", f"{binance.rest}/api/v3/openOrders")],
        ),
        "alpaca": (AlpacaReader(alpaca), alpaca.trades, [HttpRequest("GET", f"{alpaca.trading}/v2/orders")]),
        "mt5": (
            Mt5Reader(mt5), mt5.stream,
            [
                HttpRequest("GET", mt5.url("open-positions")),
                HttpRequest("POST", mt5.url("trades/open"), {}, json.dumps(OPENED).encode()),
            ],
        ),
    }  # fmt: skip
    return {venue: _of_gate(*row) for venue, row in readers.items()}


def _of_gate(reader: Any, stream: str, requests: list[HttpRequest]) -> dict[str, Decoder]:
    rows: dict[str, Callable[[bytes], object]] = {
        f"answered {request.method}": lambda body, request=request: told(  # type: ignore[misc]
            list(reader.answered(request, HttpAnswer(200, {}, body)))
        )
        for request in requests
    }
    rows["heard"] = lambda body: list(reader.heard(stream, body))
    rows["undone"] = lambda body: told(reader.undone(HttpAnswer(403, {}, body)))
    # The gate passes on what its reader can not read, and counts it.
    return {f"gate {name}": Decoder(read, (InputError, ValueError)) for name, read in rows.items()}


def decoders() -> dict[str, Decoder]:
    """All of them, by venue and name."""
    venues = {"binance": of_binance(), "alpaca": of_alpaca(), "mt5": of_mt5(), "ccxt": of_ccxt()}
    for venue, gate in of_gates().items():
        venues[venue] |= gate
    return {f"{venue}: {name}": one for venue, found in venues.items() for name, one in found.items()}


NASTY: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 2**64, -(2**63), 10**40, "", "NaN", "-Infinity", "1e400", "1e-400", "-0", "0.1",
    "9" * 50, "BTCUSDT", "BTC/USDT", "NEVERSEEN", "PURPLE", "buy", "FILLED", "2026-13-01T00:00:00Z",
    "2026-01-12T16:00:05.123456789Z", "0001-01-01T00:00:00+23:59", [], {}, [[]], "\ud7ff", "x" * 300,
)  # fmt: skip


def bent(value: Any, rng: random.Random) -> Any:
    """The structure with something in it other than it was."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        name = rng.choice(sorted(value, key=str))
        turn = rng.random()
        if turn < 0.15:
            return {key: inner for key, inner in value.items() if key != name}
        return value | {name: rng.choice(NASTY) if turn < 0.4 else bent(value[name], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        place = rng.randrange(len(value))
        return [*value[:place], bent(value[place], rng), *value[place + 1 :]]
    if isinstance(value, str) and value and rng.random() < 0.5:
        place = rng.randrange(len(value))
        return value[:place] + rng.choice(("", "-", "e", ".", "9", "\x00", "é")) + value[place + 1 :]
    return rng.choice(NASTY)


def mutated(data: bytes, rng: random.Random) -> bytes | None:
    """The bytes with a value bent, in the notation they are in; None: they are in none."""
    for decode, encode in (
        (lambda: json.loads(data), lambda found: json.dumps(found).encode()),
        (lambda: msgspec.msgpack.decode(data), msgspec.msgpack.encode),
    ):
        try:
            return encode(bent(decode(), rng))  # type: ignore[no-any-return,operator]
        except (ValueError, TypeError, RecursionError, OverflowError):
            continue
    return None


def main(name: str, runs: int, seed: int, samples: str = "") -> None:
    import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

    with atheris.instrument_imports(include=["tradewright.adapters.venue"]):
        decoder = decoders()[name]

    def change(data: bytes, size_max: int, seed: int) -> bytes:
        rng = random.Random(seed)
        made = mutated(data, rng) if rng.random() < 0.5 else None
        return made[:size_max] if made is not None else bytes(atheris.Mutate(data, size_max))

    options = [f"-runs={runs}", f"-seed={seed}", "-max_len=4096", "-timeout=20", "-rss_limit_mb=2048"]
    atheris.Setup(["decoders", *options, *([samples] if samples else [])], decoder.take, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
