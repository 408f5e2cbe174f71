"""What persons and services ask of a running engine's picker, over its control socket: to keep a place, to let it go,
and to open in it.

Sizes and prices are decimal texts, so that none goes through a float. An answer says what came of it with every check
that refused, and is given when it is durable. Without an engine that runs there is nobody to judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tradewright.core.blotter import Blotter
from tradewright.core.trading_state import check_name
from tradewright.explain import check_row
from tradewright.model.cancel_request import CancelRequested
from tradewright.model.command import BY_HAND as BY_HAND_CODE
from tradewright.model.command import Cancel
from tradewright.model.decision import Decision
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.moment import moment_text
from tradewright.model.numbers import count_of, money_text, text_of
from tradewright.model.order import SIDES, number_named
from tradewright.model.reservation import OrderRequested, Released, ReleaseRequested, Reserved, ReserveRequested

#: Whose lots an order becomes where nobody says.
BY_HAND = "manual"
MS_NS = 10**6


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
    """Open `size` at `limit` ("" = at the market), in the place of `reservation` ("" = in none)."""

    symbol: str
    side: str
    size: str
    who: str
    limit: str = ""
    reservation: str = ""
    account: str = ""
    strategy: str = BY_HAND
    reason: str = ""


class CancelAsked(msgspec.Struct, tag_field="ask", tag="cancel", forbid_unknown_fields=True):
    """Cancel the openings at work that fit; "" = any."""

    who: str
    account: str = ""
    strategy: str = ""
    symbol: str = ""
    side: str = ""
    reason: str = ""


PickerAsked = ReserveAsked | ReleaseAsked | OrderAsked | CancelAsked


def event_of(
    asked: PickerAsked, engine: Blotter
) -> ReserveRequested | ReleaseRequested | OrderRequested | CancelRequested:  # fmt: skip
    """The input that carries out what is asked. Raises InputError for a symbol, a side or a number that is none."""
    now = engine.now
    if isinstance(asked, ReleaseAsked):
        return ReleaseRequested(now, asked.id, asked.who, asked.reason)
    if isinstance(asked, CancelAsked):
        side = number_named(SIDES, asked.side, "side") if asked.side else 0
        return CancelRequested(now, asked.account, asked.strategy, asked.symbol, side, asked.who, asked.reason)
    check_name(engine, "symbol", asked.symbol, [])
    instrument = engine.symbols[asked.symbol]
    account = asked.account or next(iter(engine.accounts), "")
    side = number_named(SIDES, asked.side, "side")
    size = count_of(asked.size, instrument.size_scale, "size") if asked.size else 0
    limit = count_of(asked.limit, instrument.price_scale, "limit") if asked.limit else 0
    if isinstance(asked, ReserveAsked):
        return ReserveRequested(
            now, asked.id, account, asked.strategy, asked.symbol, side, size, limit, asked.ttl_ms * MS_NS, asked.who,
            asked.reason,
        )  # fmt: skip
    return OrderRequested(
        now, account, asked.strategy, asked.symbol, side, size, limit, asked.reservation, asked.who, asked.reason
    )


def cancelled_by(outputs: Sequence[Event]) -> dict[str, Any]:
    """Which orders were asked to end, from the outputs of a `CancelRequested`."""
    return {"cancelled": [one.order_id for one in outputs if isinstance(one, Cancel) and one.code == BY_HAND_CODE]}


def answer_of(outputs: Sequence[Event]) -> dict[str, Any]:
    """What came of it, from the outputs of its input."""
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
        elif isinstance(output, Decision):
            answer = decided(output, output.instrument)
    return answer


def decided(decision: Decision, instrument: Instrument) -> dict[str, Any]:
    """A decision as an answer; of several, as when one crosses zero, the last one counts."""
    order = decision.orders[0]
    return {
        "order": order.id,
        "granted": decision.approved,
        "symbol": instrument.symbol,
        "size": text_of(order.quantity, instrument.size_scale),
        "refusals": [check_row(check, instrument) for check in decision.refusals],
    }


def text_of_answer(answer: dict[str, Any]) -> str:
    """The same as sentences."""
    if "cancelled" in answer:
        return (
            f"{len(answer['cancelled'])} cancelled: {', '.join(answer['cancelled']) or 'nothing that fits is at work'}"
        )
    if "granted" not in answer:
        return f"reservation {answer['reservation']} ended: {answer['ended']}"
    what = f"order {answer['order']}" if "order" in answer else f"reservation {answer['reservation']}"
    size = "its slot alone" if answer["size"] == "0" else answer["size"]
    lines = [f"{what}: {size} of {answer['symbol']} {'granted' if answer['granted'] else 'REFUSED'}"]
    lines += [f"  {check['code']}: {check['text']}" for check in answer["refusals"]]
    if answer["granted"] and "order" not in answer:
        lines.append(f"  until {answer['expires']}; it holds {answer['hold']}")
    if "ended" in answer:
        lines.append(f"  reservation {answer['reservation']} ended: {answer['ended']}")
    return "\n".join(lines)
