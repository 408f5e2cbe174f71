"""An intent: what a strategy (or a person) wants, before sizing and risk have seen it."""

from __future__ import annotations

from tradewright.model.exit_plan import ExitPlan
from tradewright.model.instrument import Instrument
from tradewright.model.order import GTC, MARKET
from tradewright.model.sizer import PPM_ONE, Sizer


class Intent:
    """A wish to open (`closing` false) or to close (`closing` true).

    quantity: size counts, 0 = decided by sizing; then one of size_ppm (share of equity, parts per million) and value
    (money in the account's currency) is set. at_fill: the share is taken at the fill price (backtest only).
    Prices are counts, 0 = none; trail_* as in `Order`. stop_loss, take_profit: prices of attached exits;
    exit_trail_units / exit_trail_ppm: distance of an attached trailing stop. group: id shared by an OCO pair; role: of
    a closing intent that guards a position (`order.STOP_LOSS`, `order.TAKE_PROFIT`), "" = a plain close.
    sizer: how an opening without a size gets one, None = as its strategy or account does; weight_ppm: the strategy's
    weight, which every opening's size is multiplied by, and weighed: when it was made, ns UTC, 0 = it has none. reason:
    the strategy's words; inputs: (label, number) pairs it decided on. confidence: 0 to 1, orders the intents of one
    event. cancels: not a wish for an order but for the end of `order_id`. plan: exits by distance and time, None = as
    its strategy or account has them, or none. trails: not a wish for an order but for a distance of the stops that
    plans move. modifies: for other terms of `order_id`. reservation: id of the one in whose place it comes, "" = none.
    parent: name of the order it is a slice of, "" = of none; parent_size: counts of all slices together.
    """

    __slots__ = (
        "order_id", "account", "strategy", "instrument", "side", "closing", "quantity", "size_ppm", "value", "at_fill",
        "type", "limit_units", "stop_units", "trail_units", "trail_ppm", "time_in_force", "flags", "lot",
        "stop_loss", "take_profit", "exit_trail_units", "exit_trail_ppm", "group", "role", "reason", "inputs",
        "confidence", "cancels", "rank", "sizer", "weight_ppm", "weighed", "plan", "trails", "modifies", "reservation",
        "parent", "parent_size",
    )  # fmt: skip

    def __init__(self, order_id: str, account: str, strategy: str, instrument: Instrument, side: int) -> None:
        self.begin(order_id, account, strategy, instrument, side)

    def begin(self, order_id: str, account: str, strategy: str, instrument: Instrument, side: int) -> None:
        """The constructor's work without the cost of its arguments."""
        self.order_id = order_id
        self.account = account
        self.strategy = strategy
        self.instrument = instrument
        self.side = side
        self.closing = False
        self.quantity = 0
        self.size_ppm = 0
        self.value = 0
        self.at_fill = False
        self.type = MARKET
        self.limit_units = 0
        self.stop_units = 0
        self.trail_units = 0
        self.trail_ppm = 0
        self.time_in_force = GTC
        self.flags = 0
        self.lot = ""
        self.stop_loss = 0
        self.take_profit = 0
        self.exit_trail_units = 0
        self.exit_trail_ppm = 0
        self.group = ""
        self.role = ""
        self.reason = ""
        self.inputs: tuple[tuple[str, float | None], ...] = ()
        self.confidence = 1.0
        self.cancels = False
        self.rank: tuple[float, str] = (0.0, "")
        self.sizer: Sizer | None = None
        self.weight_ppm = PPM_ONE
        self.weighed = 0
        self.plan: ExitPlan | None = None
        self.trails = False
        self.modifies = False
        self.reservation = ""
        self.parent = ""
        self.parent_size = 0
