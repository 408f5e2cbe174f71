"""What a venue says about one of our orders. `time` is the engine's logical time, `time_venue` the venue's clock (ns
UTC).

A report may come late, twice or out of order; `core.orders` gives the same answer whatever the order of arrival.
"""

from __future__ import annotations

from tradewright.model.event import FILL_PRICE, FILLED, REPLACED, Event

#: The code of an ACCEPTED that answers a look-up: the order stands there now. An echo of its acceptance has none.
FOUND = "FOUND"


class Report(Event):
    """One report on one order.

    code, text: the venue's reason, as code and words ("" = none); for ACCEPTED the text is the venue's order id
    and the code FOUND as the answer to a look-up, for OUTCOME_UNKNOWN the code names the request (submit, cancel,
    replace).
    filled_units: size counts the venue says are filled so far, -1 = it does not say.
    """

    __slots__ = ("order_id", "time_venue", "code", "text", "filled_units")

    def __init__(
        self,
        kind: int,
        time: int,
        order_id: str,
        time_venue: int,
        code: str = "",
        text: str = "",
        filled_units: int = -1,
    ) -> None:
        self.kind = kind
        self.time = time
        self.order_id = order_id
        self.time_venue = time_venue
        self.code = code
        self.text = text
        self.filled_units = filled_units

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.order_id, self.time_venue, self.code, self.text, self.filled_units)


def report_of(kind: int, time: int, order_id: str, time_venue: int, code: str, text: str, filled_units: int) -> Report:
    """A new Report, field by field: in the compiled build its constructor would cost as much as the request."""
    report = Report.__new__(Report)
    report.kind = kind
    report.time = time
    report.order_id = order_id
    report.time_venue = time_venue
    report.code = code
    report.text = text
    report.filled_units = filled_units
    return report


class Fill(Report):
    """An execution of an order.

    trade_id: the venue's id of this execution, unique per instrument; applied once, for ever.
    fee: money counts in fee_currency as the venue states them (a rebate is negative), or the most that a fee in coins
    can be where it states none (`Account.coin_fee_ppm`); maker: it rested in the book.
    """

    __slots__ = ("trade_id", "price_units", "size_units", "fee", "fee_currency", "maker")

    def __init__(
        self,
        time: int,
        order_id: str,
        time_venue: int,
        trade_id: str,
        price_units: int,
        size_units: int,
        fee: int = 0,
        fee_currency: str = "",
        maker: bool = False,
    ) -> None:
        self.kind = FILLED
        self.time = time
        self.order_id = order_id
        self.time_venue = time_venue
        self.code = ""
        self.text = ""
        self.filled_units = -1
        self.trade_id = trade_id
        self.price_units = price_units
        self.size_units = size_units
        self.fee = fee
        self.fee_currency = fee_currency
        self.maker = maker

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.order_id, self.time_venue, self.trade_id, self.price_units, self.size_units,
            self.fee, self.fee_currency, self.maker,
        )  # fmt: skip


def fill_of(
    time: int,
    order_id: str,
    time_venue: int,
    trade_id: str,
    price_units: int,
    size_units: int,
    fee: int,
    fee_currency: str,
    maker: bool,
) -> Fill:
    """A new Fill, field by field, as `report_of`."""
    fill = Fill.__new__(Fill)
    fill.kind = FILLED
    fill.time = time
    fill.order_id = order_id
    fill.time_venue = time_venue
    fill.code = ""
    fill.text = ""
    fill.filled_units = -1
    fill.trade_id = trade_id
    fill.price_units = price_units
    fill.size_units = size_units
    fill.fee = fee
    fill.fee_currency = fee_currency
    fill.maker = maker
    return fill


class Replaced(Report):
    """The venue now works the order at these terms (counts; 0 = none). Each change of an order has a time of its own:
    the later one is the newer."""

    __slots__ = ("quantity", "limit_units", "stop_units")

    def __init__(
        self, time: int, order_id: str, time_venue: int, quantity: int, limit_units: int, stop_units: int
    ) -> None:
        self.kind = REPLACED
        self.time = time
        self.order_id = order_id
        self.time_venue = time_venue
        self.code = ""
        self.text = ""
        self.filled_units = -1
        self.quantity = quantity
        self.limit_units = limit_units
        self.stop_units = stop_units

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.order_id, self.time_venue, self.quantity, self.limit_units, self.stop_units,
        )  # fmt: skip


class FillPrice(Report):
    """Backtest only: the order is about to fill at this price and asks for its size (`Order.size_ppm`)."""

    __slots__ = ("price_units",)

    def __init__(self, time: int, order_id: str, time_venue: int, price_units: int) -> None:
        self.kind = FILL_PRICE
        self.time = time
        self.order_id = order_id
        self.time_venue = time_venue
        self.code = ""
        self.text = ""
        self.filled_units = -1
        self.price_units = price_units

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.order_id, self.time_venue, self.price_units)
