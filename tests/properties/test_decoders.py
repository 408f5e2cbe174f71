"""What a venue says, bent at any place: every decoder reads it, exactly, or says in its own error that it can not.

The samples are what the simulated venues say while their clients trade; the long run gives each decoder to libFuzzer.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import random
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.markers import Marker

from tests.project import COMPILED_ALONE, ROOT
from tests.properties.decoders import decoders, mutated
from tests.unit.adapters.venue.alpaca import stage as alpaca
from tests.unit.adapters.venue.binance import flow
from tests.unit.adapters.venue.binance import stage as binance
from tests.unit.adapters.venue.mt5 import stage as mt5
from tests.unit.adapters.venue.mt5 import test_faults as mt5_flow
from tests.unit.adapters.venue.spoiled import SpoiledSocket, Spoiler
from tradewright.adapters import venue
from tradewright.model.errors import InputError
from tradewright.ports import HttpAnswer, HttpRequest, Socket, Transport

pytestmark = COMPILED_ALONE

DECODERS = decoders()
RUNS = 100_000
#: There are seventy of them: on every run each has a quarter of what a property has; the long run spares nothing.
EXAMPLES = settings.default.max_examples // (4 if settings.default.max_examples <= 100 else 1)
SAMPLES_MAX = 12
#: As the library unifies what it was told.
UNIFIED: list[Any] = [
    {"id": "7", "clientOrderId": "A-1-1", "symbol": "BTC/USDT", "status": "open", "side": "buy", "type": "limit",
     "timeInForce": "GTC", "amount": "1.00000", "filled": "0.4", "price": "90.00", "triggerPrice": "95",
     "timestamp": 1_780_272_000_000, "lastUpdateTimestamp": 1_780_272_000_000, "postOnly": False},
    [{"id": "9", "order": "7", "symbol": "BTC/USDT", "side": "buy", "price": "90.00", "amount": "0.4",
      "takerOrMaker": "maker", "fee": {"cost": "0.0004", "currency": "BTC"}, "timestamp": 1_780_272_000_000}],
    {"id": "9", "price": "90.00", "amount": "0.4", "side": "sell", "timestamp": 1_780_272_000_000},
    {"total": {"BTC": "1.5", "USDT": "90.1", "XRP": None}},
    {"symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "spot": True, "active": True,
     "precision": {"price": "0.01", "amount": "0.00001"},
     "limits": {"amount": {"min": "0.00001", "max": "9000"}, "cost": {"min": "5"}, "price": {}}},
    {"bids": [["99.00", "5"]], "asks": [["101.00", "5"], ["102.00", "1"]]},
    [1_780_272_000_000, "100.00", "101.00", "99.00", "100.50", "3.5"],
]  # fmt: skip


class Recorder(Spoiler):
    """Keeps what passes."""

    def __init__(self, inner: Transport) -> None:
        super().__init__(inner)
        self.kept: dict[bytes, None] = {}

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        answer = await self.inner.request(request, timeout)
        self.kept[answer.body] = None
        return answer

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> Socket:
        return Ear(self, await self.inner.connect(url, headers, timeout))


class Ear(SpoiledSocket):
    """A WebSocket of a Recorder."""

    async def receive(self) -> str | bytes:
        frame = await self._inner.receive()
        recorder: Any = self._spoiler
        recorder.kept[frame if isinstance(frame, bytes) else frame.encode()] = None
        return frame


def of_binance() -> list[bytes]:
    async def run(clock: Any) -> list[bytes]:
        stage = binance.Stage(clock, (), False, 1, {})
        recorder: Any = Recorder(stage.transport)
        stage.transport = recorder
        stage.client = stage.new_client()
        stage.market()
        await stage.start()
        stage.client.watch([binance.BTC])
        await flow.flow(stage, 3)
        await stage.client.instruments(["BTCUSDT"])
        await stage.wait(120)
        await stage.client.bars(binance.BTC, 60, binance.START, stage.clock())
        for id in list(stage.ledger.states)[:10]:
            stage.ledger.query(id)
        await stage.wait(5)
        await stage.stop()
        return list(recorder.kept)

    bodies = binance.run_virtual(binance.START, run)
    # Events inside their envelopes are decoders' food by themselves.
    found = [json.loads(body) for body in bodies if body[:1] == b"{"]
    inner = [one[name] for one in found for name in ("data", "event") if isinstance(one.get(name), dict)]
    trade = {"symbol": "BTCUSDT", "id": 1, "orderId": 1, "price": "1", "qty": "1", "commission": "0",
             "commissionAsset": "X", "time": 1, "isMaker": True}  # fmt: skip
    more = [
        {"orderListId": 1, "orderReports": []},
        {"e": "balanceUpdate", "E": 1, "a": "USDT", "d": "-100.5", "T": 1_780_272_000_000},
        [trade],
        {"code": -1003, "msg": "x", "data": {"retryAfter": 10**12}},
    ]
    return [*bodies, *(json.dumps(one).encode() for one in [*inner, *more])]


def of_alpaca() -> list[bytes]:
    async def run(clock: Any) -> list[bytes]:
        stage = alpaca.Stage(clock, (), 0, alpaca.Models(), alpaca.Knobs(), alpaca.Options(packed=True))
        recorder: Any = Recorder(stage.transport)
        stage.transport = recorder
        stage.new_client()
        stage.quote("ACME", "99.99", "100.01")
        await stage.start()
        stage.venue.watch(stage.ledger.instruments[:1])
        await asyncio.sleep(2)
        stage.ledger.submit(stage.ledger.order_of("ACME", alpaca.BUY, alpaca.MARKET, "3"))
        stage.ledger.submit(stage.ledger.order_of("ACME", alpaca.BUY, alpaca.LIMIT, "5", "98", tif=alpaca.GTC))
        stage.quote("ACME", "97.4", "97.5")
        await asyncio.sleep(20)
        await stage.venue.instruments(["ACME", "BTCUSD"])
        await stage.venue.snapshot()
        await stage.venue.bars(stage.ledger.instruments[0], 60, alpaca.MONDAY - 600 * 10**9, stage.clock())
        stage.ledger.submit(stage.ledger.order_of("ACME", alpaca.BUY, alpaca.LIMIT, "5", "1", tif=alpaca.GTC))
        await asyncio.sleep(5)
        await stage.venue.close()
        return list(recorder.kept)

    bars = {"bars": {"ACME": [{"t": "2026-01-12T16:00:00Z", "o": 1, "h": 2, "l": 1, "c": 1.5, "v": 10}]}}
    wash = {"message": "potential wash trade detected. use complex orders", "code": 40310000}
    more = [bars, {"trades": {"ACME": {"p": 100.01}}}, {"message": "x", "code": 40010001}, wash]
    ticks = [
        [{"T": "q", "S": "ACME", "bp": 99.99, "bs": 4, "ap": 100.01, "as": 4}],
        [{"T": "s", "S": "ACME", "sc": "H", "sm": "Trading Halt", "rc": "T1", "rm": "Halt News Pending", "z": "C"}],
        [{"T": "l", "S": "ACME", "u": 110.01, "d": 90.01, "i": "B", "z": "C"}],
    ]
    texts = [b"2026-01-12T16:00:05.123456789Z", b'{"stream":"listening","data":{"streams":["trade_updates"]}}']
    return [*alpaca.run_virtual(alpaca.MONDAY, run), *(json.dumps(one).encode() for one in [*more, *ticks]), *texts]


def of_mt5() -> list[bytes]:
    async def program(world: mt5.World) -> list[bytes]:
        recorder: Any = Recorder(world.transport)
        world.transport = recorder
        world.client = world.ledger.client = world._client()
        await world.start()
        await mt5_flow.trade(world, 12)
        world.client.watch(list(world.ledger.instruments.values()))
        await asyncio.sleep(5)
        await world.client.snapshot()
        return [*recorder.kept, b"2026-03-04T12:00:00.123Z", *(json.dumps(one).encode() for one in more)]

    more = [
        {"success": False, "error": "no money", "detail": "no money", "retcode": 10019, "retcode_name": "NO_MONEY",
         "outcome": "rejected", "request_id": "1"},
        [{"time": "2026-03-04T12:00:00.000Z", "open": 1.1, "high": 1.2, "low": 1.0, "close": 1.1, "volume": 12}],
    ]  # fmt: skip

    return mt5.play(program, quiet=True)


@pytest.fixture(scope="module")
def samples() -> dict[str, list[bytes]]:
    """What each venue says, the shorter first."""
    found = {"binance": of_binance(), "alpaca": of_alpaca(), "mt5": of_mt5(),
             "ccxt": [json.dumps(one).encode() for one in UNIFIED]}  # fmt: skip
    return {venue: chosen(bodies) for venue, bodies in found.items()}


def chosen(bodies: list[bytes]) -> list[bytes]:
    """The shortest few of each form."""
    forms: dict[str, list[bytes]] = {}
    for body in sorted({*bodies}, key=lambda body: (len(body), body)):
        forms.setdefault(form(body), []).append(body)
    return [body for alike in forms.values() for body in alike[:SAMPLES_MAX]]


def form(body: bytes) -> str:
    """Names at the top, or of the first row."""
    try:
        found = json.loads(body)
    except ValueError:
        return "no json"
    found = found[0] if isinstance(found, list) and found else found
    return f"{type(found)} {sorted(found) if isinstance(found, dict) else ''}"


def of(name: str, samples: dict[str, list[bytes]]) -> list[bytes]:
    """Samples that a decoder reads; without one nothing behind its first brace would be tried."""
    found = [body for body in samples[name.partition(":")[0]] if DECODERS[name].take(body)]
    assert found, f"{name} reads none of the samples"
    return found


def modules() -> list[ModuleType]:
    """All of the venues' clients."""
    return [import_module(one.name) for one in walk_packages(venue.__path__, f"{venue.__name__}.") if not one.ispkg]


def readers(module: ModuleType) -> set[str]:
    """What of a module takes what a venue said: public functions of bytes, of the library's structures, and the gate's
    ears."""
    trees = ast.parse(inspect.getsource(module)).body
    functions = [one for one in trees if isinstance(one, ast.FunctionDef) and one.name[0] != "_" and one.args.args]
    takes = {"bytes", "str | bytes", "bytes | str", *(("object",) if ".ccxt." in module.__name__ else ())}
    found = {one.name for one in functions if ast.unparse(one.args.args[0].annotation or one) in takes}
    methods = [inner for one in trees if isinstance(one, ast.ClassDef) for inner in one.body]
    named = (
        {one.name for one in methods if isinstance(one, ast.FunctionDef)} if "outgoing" in module.__name__ else set()
    )
    return found | (named & {"answered", "heard", "undone"})


def shapes(found: object, known: frozenset[type] = frozenset()) -> set[type]:
    """The structures a type is made of, itself among them."""
    inner = list(get_args(found))
    own: set[type] = set()
    if isinstance(found, type) and issubclass(found, msgspec.Struct) and found not in known:
        inner += get_type_hints(found).values()
        own = {found}
    return own.union(*(shapes(one, known | own) for one in inner))


def test_every_reader_and_every_shape_of_a_client_is_tried(
    samples: dict[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of decoders is made by hand; what is to be on it, the clients say themselves."""
    called: set[tuple[str, str]] = set()
    decoded: set[type] = set()
    decode = msgspec.json.decode

    def noted(body: Any, type: Any = Any, **more: Any) -> Any:
        decoded.update(shapes(type))
        return decode(body, type=type, **more)

    def profile(frame: Any, what: str, _: object) -> None:
        if what == "call":
            called.add((frame.f_code.co_filename, frame.f_code.co_name))

    tried = [(DECODERS[name], of(name, samples)[:3]) for name in DECODERS]
    monkeypatch.setattr(msgspec.json, "decode", noted)
    for decoder, body in ((decoder, body) for decoder, bodies in tried for body in bodies):
        sys.setprofile(profile)
        try:
            decoder.take(body)
        finally:
            sys.setprofile(None)
    found = modules()
    kept = (msgspec.json.Decoder, msgspec.msgpack.Decoder)
    decoded.update(*(shapes(one.type) for module in found for one in vars(module).values() if isinstance(one, kept)))
    untried = {f"{module.__name__}.{name}" for module in found for name in readers(module)
               if (module.__file__, name) not in called}  # fmt: skip
    own = {one for module in found for one in vars(module).values() if isinstance(one, type)
           and issubclass(one, msgspec.Struct) and one.__module__ == module.__name__}  # fmt: skip
    assert (untried, {f"{one.__module__}.{one.__name__}" for one in own - decoded}) == (set(), set())
    assert len(own) > 40


@pytest.mark.parametrize("name", list(DECODERS))
def test_bytes_bent_at_any_place_are_read_exactly_or_refused(name: str, samples: dict[str, list[bytes]]) -> None:
    ours = of(name, samples)

    @settings(max_examples=EXAMPLES)
    @given(st.sampled_from(ours), st.integers(0, 2**32), st.integers(1, 6), st.binary(max_size=4))
    def bend(body: bytes, seed: int, turns: int, tail: bytes) -> None:
        rng = random.Random(seed)
        for _ in range(turns):
            body = mutated(body, rng) or body + tail
        DECODERS[name].take(body)

    bend()


def test_a_decoder_that_lets_something_else_out_is_found(samples: dict[str, list[bytes]]) -> None:
    decoder = DECODERS["binance: order"]
    rng = random.Random(1)
    bodies = [mutated(body, rng) or b"" for body in of("binance: order", samples) for _ in range(100)]
    assert {decoder.take(body) for body in bodies} == {True, False}
    careless = type(decoder)(decoder.read, (KeyError,))
    let_out = [body for body in bodies if not decoder.take(body)]
    with pytest.raises(InputError):
        careless.take(let_out[0])


def fuzzed_here() -> bool:
    """Whether the locked fuzzer has a wheel for this machine and this Python."""
    (locked,) = re.findall(r"^atheris==\S+ ; (.*?) \\$", (ROOT / "requirements/dev.txt").read_text(), re.MULTILINE)
    return Marker(locked).evaluate()


def test_the_fuzzer_is_installed_where_it_is_locked() -> None:
    assert (find_spec("atheris") is not None) or not fuzzed_here()


@pytest.mark.long
@pytest.mark.parametrize("name", list(DECODERS))
@pytest.mark.skipif(not fuzzed_here(), reason="the fuzzer that is locked has no wheel for this machine")
def test_libfuzzer_finds_nothing_that_a_decoder_lets_out(
    name: str, samples: dict[str, list[bytes]], tmp_path: Path
) -> None:
    for number, body in enumerate(of(name, samples)[:100]):
        (tmp_path / f"{number}").write_bytes(body[:4_096])
    command = [sys.executable, "-m", "tests.properties.decoders", name, f"{RUNS}", "1", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=580)
    assert done.returncode == 0, done.stderr[-3_000:]
    assert f"Done {RUNS} runs" in done.stderr
