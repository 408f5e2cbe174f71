"""What somebody outside has decided, as he says it: at a message bus or over HTTP, read alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from decimal import DecimalException
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tradewright.app.api.digits import check_digits, check_text
from tradewright.app.api.shapes import Amount
from tradewright.app.picker import above_zero
from tradewright.core.client_ids import PATTERN
from tradewright.core.engine import Engine
from tradewright.core.trading_state import check_name
from tradewright.model.decision_request import DecisionRequested
from tradewright.model.errors import InputError
from tradewright.model.moment import moment_of
from tradewright.model.order import BUY, SELL
from tradewright.model.signal import HOLD
from tradewright.model.sizer import PPM_ONE

ACTIONS = {"BUY": BUY, "SELL": SELL, "HOLD": HOLD}
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class DecisionMessage(msgspec.Struct, kw_only=True, rename="camel"):
    """A decision that somebody has made and asks to have carried out. What else it says is passed over."""

    decision_id: Annotated[
        str, Meta(pattern=f"^{PATTERN}$", description="yours, unique in its account: said twice it is one decision")
    ]
    account_id: Name
    strategy_id: Annotated[
        str, Meta(min_length=1, max_length=200, description="whose lots it opens or closes; one that may be signalled")
    ]
    symbol: Annotated[str, Meta(min_length=1, max_length=64)]
    action: Literal["BUY", "SELL", "HOLD"]
    quantity: Annotated[Amount | None, Meta(description="above zero; this or sizeHint, of BUY and SELL")] = None
    size_hint: Annotated[
        Amount | None,
        Meta(description="the part, up to 1, of what the sizer of its strategy or account finds"),
    ] = None
    confidence: Annotated[float, Meta(ge=0, le=1)]
    valid_until: Annotated[
        str, Meta(max_length=40, description="ISO 8601 with its zone; from then on it is refused; a day ahead at most")
    ]
    reasoning: Annotated[str, Meta(max_length=500)] = ""

    def allowed(self, named: Mapping[str, Collection[str]]) -> bool:
        """named: strategies for which decisions are carried out, by account."""
        return self.strategy_id in named.get(self.account_id, ())

    def requested(self, engine: Engine, who: str) -> Callable[[int], DecisionRequested]:
        """What makes it an input of a moment; who: where it came from. Raises InputError."""
        check_name(engine, "symbol", self.symbol, [])
        if (self.quantity is None) == (self.size_hint is None) and self.action != "HOLD":
            raise InputError("say quantity or sizeHint, and not both")
        scale = engine.symbols[self.symbol].size_scale
        size = 0 if self.quantity is None else above_zero(str(self.quantity), scale, "quantity")
        hint = PPM_ONE if self.size_hint is None else above_zero(str(self.size_hint), 6, "sizeHint", PPM_ONE)
        until = moment_of(self.valid_until, "validUntil")
        return lambda now: DecisionRequested(
            now, self.account_id, self.strategy_id, self.symbol, ACTIONS[self.action], size, hint, self.confidence,
            until, self.decision_id, who, self.reasoning,
        )  # fmt: skip


class _Number(str):
    """One that was not written as text."""

    __slots__ = ()


def decision_of(content: str | bytes) -> DecisionMessage:
    """Raises InputError for what is none."""
    try:
        read = msgspec.json.decode(content, type=DecisionMessage)
        raw: dict[str, Any] = json.loads(content, parse_float=_Number, parse_int=_Number)
        for key in ("quantity", "sizeHint"):
            value = raw.get(key)
            if isinstance(value, _Number):
                check_digits(value)
            elif isinstance(value, str):
                check_text(key, value)
    except (msgspec.DecodeError, ValueError, DecimalException, RecursionError) as error:
        raise InputError(str(error) or "it is nested too deep") from error
    return read
