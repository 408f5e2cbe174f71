"""What persons and services ask of a running engine, over its control socket: to keep a place and to let it go, an
order, other terms for one, and the end of orders.

Sizes and prices are decimal texts, so that none goes through a float. An answer says what came of it with every check
that refused, and is given when it is durable. Without an engine that runs there is nobody to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from tradewright.core.blotter import Blotter
from tradewright.core.by_hand import decisions_of, kept, working
from tradewright.core.client_ids import newest_of
from tradewright.core.life_cycle import DENIED
from tradewright.core.trading_state import check_name
from tradewright.explain import check_row
from tradewright.model.cancel_request import CancelRequested
from tradewright.model.command import BY_HAND as BY_HAND_CODE
from tradewright.model.command import Cancel
from tradewright.model.control import ModifyJudged
from tradewright.model.decision import Decision
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.moment import moment_text
from tradewright.model.numbers import PRICE_MAX, SIZE_MAX, count_of, money_text, text_of
from tradewright.model.order import (
    DAY,
    EXTENDED_HOURS,
    GTC,
    LIMIT,
    MARKET,
    ORDER_TYPES,
    POST_ONLY,
    REDUCE_ONLY,
    SIDES,
    STOP,
    STOP_LIMIT,
    TIMES_IN_FORCE,
    number_named,
)
from tradewright.model.order_request import ModifyRequested, OrderRequested
from tradewright.model.reservation import Released, ReleaseRequested, Reserved, ReserveRequested

#: Whose lots an order becomes where nobody says.
BY_HAND = "manual"
MS_NS = 10**6
#: Types of orders by hand, and those that have each price.
TYPES = {number: ORDER_TYPES[number] for number in (MARKET, LIMIT, STOP, STOP_LIMIT)}
PRICED = {"limit price": (LIMIT, STOP_LIMIT), "stop price": (STOP, STOP_LIMIT)}


class ReserveAsked(msgspec.Struct, tag_field="ask", tag="reserve", forbid_unknown_fields=True):
    """Keep a place: of `size` at `limit` ("" = its slot alone, at the market), for `ttl_ms` (0 = as configured)."""

    id: str
    symbol: str
    side: str
    who: str
    size: str = ""
    limit: str = ""
    ttl_ms: int = 0
    account: str = ""
    strategy: str = BY_HAND
    reason: str = ""


class ReleaseAsked(msgspec.Struct, tag_field="ask", tag="release", forbid_unknown_fields=True):
    """Let a place go."""

    id: str
    who: str
    reason: str = ""


class OrderAsked(msgspec.Struct, tag_field="ask", tag="order", forbid_unknown_fields=True):
    """An order of `size`, in the place of `reservation` ("" = in none). type: "" = as its prices say; limit, stop: "" =
    none; tif: "" = as `usual_time` has it. client_id: the caller's own name for it, "" = none."""

    symbol: str
    side: str
    size: str
    who: str
    limit: str = ""
    reservation: str = ""
    account: str = ""
    strategy: str = BY_HAND
    reason: str = ""
    type: str = ""
    stop: str = ""
    tif: str = ""
    client_id: str = ""
    reduce_only: bool = False
    post_only: bool = False
    extended_hours: bool = False


class ModifyAsked(msgspec.Struct, tag_field="ask", tag="modify", forbid_unknown_fields=True):
    """Other terms for an order that works: its whole size, its prices, its time in force; "" = as it is."""

    order: str
    who: str
    size: str = ""
    limit: str = ""
    stop: str = ""
    tif: str = ""
    reason: str = ""


class CancelAsked(msgspec.Struct, tag_field="ask", tag="cancel", forbid_unknown_fields=True):
    """Cancel the openings at work that fit, "" = any; or one order alone, whatever it is."""

    who: str
    account: str = ""
    strategy: str = ""
    symbol: str = ""
    side: str = ""
    reason: str = ""
    order: str = ""


PickerAsked = ReserveAsked | ReleaseAsked | OrderAsked | ModifyAsked | CancelAsked
Made = ReserveRequested | ReleaseRequested | OrderRequested | ModifyRequested | CancelRequested


# ── as inputs ──────────────────────────────────────────────────────────────────────────────────────────────────────


def event_of(asked: PickerAsked, engine: Blotter) -> Made:
    """The input that carries out what is asked. Raises InputError for a symbol, a side or a number that is none."""
    now = engine.now
    if isinstance(asked, ReleaseAsked):
        return ReleaseRequested(now, asked.id, asked.who, asked.reason)
    if isinstance(asked, CancelAsked):
        side = number_named(SIDES, asked.side, "side") if asked.side else 0
        return CancelRequested(
            now, asked.account, asked.strategy, asked.symbol, side, asked.who, asked.reason, asked.order
        )  # fmt: skip
    return _change(asked, engine) if isinstance(asked, ModifyAsked) else _opening(asked, engine)


def _opening(asked: ReserveAsked | OrderAsked, engine: Blotter) -> ReserveRequested | OrderRequested:
    check_name(engine, "symbol", asked.symbol, [])
    instrument = engine.symbols[asked.symbol]
    account = asked.account or next(iter(engine.accounts), "")
    side = number_named(SIDES, asked.side, "side")
    if isinstance(asked, OrderAsked):
        return _order(asked, engine.now, account, instrument, side)
    size = count_of(asked.size, instrument.size_scale, "size") if asked.size else 0
    limit = count_of(asked.limit, instrument.price_scale, "limit") if asked.limit else 0
    return ReserveRequested(
        engine.now, asked.id, account, asked.strategy, asked.symbol, side, size, limit, asked.ttl_ms * MS_NS,
        asked.who, asked.reason,
    )  # fmt: skip


def _order(asked: OrderAsked, now: int, account: str, instrument: Instrument, side: int) -> OrderRequested:
    said = {"limit price": asked.limit, "stop price": asked.stop}
    for price, types in PRICED.items():
        if asked.type and bool(said[price]) is not (number_named(TYPES, asked.type, "type") in types):
            raise InputError(f"an order of type {asked.type} has {'no' if said[price] else 'a'} {price}")
    flags = asked.reduce_only * REDUCE_ONLY | asked.post_only * POST_ONLY | asked.extended_hours * EXTENDED_HOURS
    return OrderRequested(
        now, account, asked.strategy, asked.symbol, side, above_zero(asked.size, instrument.size_scale, "size"),
        _price(asked.limit, instrument, "limit"), asked.reservation, asked.who, asked.reason,
        _price(asked.stop, instrument, "stop"),
        number_named(TIMES_IN_FORCE, asked.tif, "time in force") if asked.tif else usual_time(instrument),
        flags, asked.client_id,
    )  # fmt: skip


def usual_time(instrument: Instrument) -> int:
    """Where an order by hand does not say how long it stays: the day where a market has such a thing, else until it is
    cancelled."""
    return DAY if instrument.asset_class == "equity" else GTC


def _change(asked: ModifyAsked, engine: Blotter) -> ModifyRequested:
    instrument = working(engine, asked.order).order.instrument
    size = above_zero(asked.size, instrument.size_scale, "size") if asked.size else 0
    return ModifyRequested(
        engine.now, asked.order, size, _price(asked.limit, instrument, "limit"),
        _price(asked.stop, instrument, "stop"),
        number_named(TIMES_IN_FORCE, asked.tif, "time in force") if asked.tif else 0, asked.who, asked.reason,
    )  # fmt: skip


def _price(text: str, instrument: Instrument, what: str) -> int:
    """Price counts; 0 where none is said."""
    return above_zero(text, instrument.price_scale, what, PRICE_MAX) if text else 0


def above_zero(text: str, scale: int, what: str, bound: int = SIZE_MAX) -> int:
    """The counts of a decimal text, exactly. Raises InputError."""
    count = count_of(text, scale, what, bound)
    if count <= 0:
        raise InputError(f"{what}: {text} is not above zero")
    return count


# ── carried out ────────────────────────────────────────────────────────────────────────────────────────────────────


def carried_out(asked: PickerAsked, engine: Blotter, do: Callable[[Event], Sequence[Event]]) -> dict[str, Any]:
    """What came of it. do: feeds an input; its outputs, which are durable."""
    event = event_of(asked, engine)
    if isinstance(event, CancelRequested):
        return _cancelled(event, engine, do)
    outputs = do(event)
    if isinstance(event, OrderRequested):
        return _ordered(event, outputs, engine)
    if isinstance(event, ModifyRequested):
        return _modified(judged_of(event.order_id, outputs), engine)
    answer: dict[str, Any] = {}
    for output in outputs:
        if isinstance(output, Reserved):
            instrument = output.instrument
            answer = {
                "reservation": output.id,
                "granted": output.approved,
                "symbol": instrument.symbol,
                "size": text_of(output.quantity, instrument.size_scale),
                "expires": moment_text(output.expires) if output.approved else None,
                "hold": f"{money_text(output.hold)} {output.hold_currency}",
                "refusals": [check_row(check, instrument) for check in output.refusals],
            }
        elif isinstance(output, Released):
            answer |= {"reservation": output.id, "ended": output.code}
    return answer


def _ordered(event: OrderRequested, outputs: Sequence[Event], engine: Blotter) -> dict[str, Any]:
    """With what became of the place that was kept for it."""
    made = decisions_of(event, outputs)
    answer = decided(made[-1], made[-1].instrument) if made else made_before(event, engine)
    for output in outputs:
        if isinstance(output, Released) and output.id == event.reservation:
            answer |= {"reservation": output.id, "ended": output.code}
    return answer


def _cancelled(event: CancelRequested, engine: Blotter, do: Callable[[Event], Sequence[Event]]) -> dict[str, Any]:
    """Which orders were asked to end; of one order also whether it is."""
    why = kept(working(engine, event.order_id)) if event.order_id else ""
    outputs = [] if why else do(event)
    ended = [one.order_id for one in outputs if isinstance(one, Cancel) and one.code == BY_HAND_CODE]
    return {"cancelled": ended, **({"order": event.order_id, "granted": not why, "why": why} if event.order_id else {})}


def judged_of(order_id: str, outputs: Sequence[Event]) -> ModifyJudged:
    """What was said to other terms for an order."""
    return next(one for one in outputs if isinstance(one, ModifyJudged) and one.order_id == order_id)


def _modified(judged: ModifyJudged, engine: Blotter) -> dict[str, Any]:
    instrument = engine.orders[judged.order_id].order.instrument
    return {
        "order": judged.order_id,
        "granted": judged.approved,
        "symbol": instrument.symbol,
        "size": text_of(judged.quantity, instrument.size_scale),
        "limit": text_of(judged.limit_units, instrument.price_scale),
        "stop": text_of(judged.stop_units, instrument.price_scale),
        "refusals": [check_row(check, instrument) for check in judged.verdicts if not check.passed],
    }


def decided(decision: Decision, instrument: Instrument) -> dict[str, Any]:
    """A decision as an answer."""
    order = decision.orders[0]
    return {
        "order": order.id,
        "granted": decision.approved,
        "symbol": instrument.symbol,
        "size": text_of(order.quantity, instrument.size_scale),
        "refusals": [check_row(check, instrument) for check in decision.refusals],
    }


def made_before(event: OrderRequested, engine: Blotter) -> dict[str, Any]:
    """The answer to an order that was asked for before under the same name."""
    named = engine.client_ids.find(event)
    assert named is not None, "an order without a decision was made before"
    state = newest_of(named, engine.orders)
    order = state.order
    granted = state.stage != DENIED
    return {
        "order": order.id,
        "granted": granted,
        "symbol": event.symbol,
        "size": text_of(order.quantity, order.instrument.size_scale),
        "refusals": [] if granted else [{"code": state.code, "text": "refused when it was asked for first"}],
        "again": True,
    }


def text_of_answer(answer: dict[str, Any]) -> str:
    """The same as sentences."""
    if "cancelled" in answer:
        return _text_of_cancels(answer)
    if "granted" not in answer:
        return f"reservation {answer['reservation']} ended: {answer['ended']}"
    what = f"order {answer['order']}" if "order" in answer else f"reservation {answer['reservation']}"
    size = "its slot alone" if answer["size"] == "0" else answer["size"]
    lines = [f"{what}: {size} of {answer['symbol']} {'granted' if answer['granted'] else 'REFUSED'}"]
    lines += [f"  {check['code']}: {check['text']}" for check in answer["refusals"]]
    if answer["granted"] and "order" not in answer:
        lines.append(f"  until {answer['expires']}; it holds {answer['hold']}")
    if answer.get("again"):
        lines.append("  it was asked for before: there is one order")
    if "ended" in answer:
        lines.append(f"  reservation {answer['reservation']} ended: {answer['ended']}")
    return "\n".join(lines)


def _text_of_cancels(answer: dict[str, Any]) -> str:
    if not answer.get("granted", True):
        return f"order {answer['order']} is NOT cancelled: {answer['why']}"
    nothing = "its cancel is on its way" if "order" in answer else "nothing that fits is at work"
    return f"{len(answer['cancelled'])} cancelled: {', '.join(answer['cancelled']) or nothing}"
