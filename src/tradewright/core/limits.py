"""Limits by name: what each means, its unit, and how a configured value becomes an exact number.

A limit that is absent is not enforced and is listed as off. Names are those of the configuration file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tradewright.model.errors import InputError
from tradewright.model.numbers import MONEY_SCALE, count_of, decimal_of
from tradewright.model.zone import RANGE_FIRST, offset_ns

#: name → (unit, what it bounds). money: account currency; ppm: given in percent; ns: given in seconds; ms: given in
#: milliseconds; count: a number; limits: a list of names of this table; flag: true; minutes: given in minutes; price:
#: in the instrument's price or as `points: N` of its tick; ratio: a multiple; symbols: a list of them; key: one of
#: PICKER_KEYS; sessions: {days, from, to, zone} rows; model: one of RISK_MODELS; share: from 0 to 1; names:
#: a list of them; type: one of OPENING_TYPES.
LIMITS: dict[str, tuple[str, str]] = {
    "maxOrderValue": ("money", "notional of one opening order, in account currency"),
    "maxOrderQuantity": ("quantity", "size of one opening order"),
    "maxPositionQuantity": ("quantity", "size of one position, working orders included"),
    "maxPositionSizePercent": ("ppm", "value of one position, working orders included, as a share of equity"),
    "maxOpenPositions": ("count", "instruments with a position or a working opening order"),
    "maxDailyLoss": ("money", "equity lost since the day began, open P&L included, in account currency"),
    "maxDailyLossPercent": ("ppm", "the same as a share of the equity at the day's begin"),
    "priceCollarPercent": ("ppm", "how far an opening limit or stop price may lie on the aggressive side"),
    "maxPriceAgeSeconds": ("ns", "age of the reference price of an opening order"),
    "sessions": ("sessions", "when openings are allowed, on a zone's clock"),
    "requireStructureAlignment": ("flag", "the opening's side is that of the market's structure its strategy saw"),
    "maxTradesPerDay": ("count", "opening orders of the day in the symbol that filled or still may"),
    "minCooldownMinutesBetweenTrades": ("minutes", "time since the newest opening order in the symbol"),
    "maxSpread": ("price", "ask less bid"),
    "minDistanceFromDailyHigh": ("price", "how far below the day's high a buy stays"),
    "minDistanceFromDailyLow": ("price", "how far above the day's low a sale stays"),
    "maxConcurrentTradesPerSymbol": ("count", "open trades in the symbol, working openings included"),
    "maxConcurrentTradesPerDirection": ("count", "open trades in the symbol on the opening's side"),
    "maxConcurrentTradesGlobal": ("count", "open trades in all symbols"),
    "maxDailyRiskPerSymbol": ("money", "risk of open trades in the symbol and what was lost in it since the day began"),
    "maxDailyRiskGlobal": ("money", "the same over all symbols"),
    "defaultRiskEstimate": ("money", "risk of a trade without a stop; 75 where it is not given"),
    "riskModel": ("model", "how a trade's risk is counted; stop_distance where it is not given"),
    "exposurePollIntervalSec": ("ns", "how often MT5's connector is asked for open trades at rest; 10 if not set"),
    "tradepicker.maxOpenPositions": ("count", "symbols open or with a working opening; one more is not opened"),
    "tradepicker.sellRequiresLong": ("flag", "sales close longs and never open shorts"),
    "tradepicker.budget": ("money", "value of positions and working openings, in account currency"),
    "tradepicker.key": ("key", "whose positions count: those of the account, the default, or of each account_strategy"),
    "tradepicker.reserveOnOpen": ("flag", "a signal that waits for its moment reserves its place when it is stated"),
    "tradepicker.reservationTtlMs": ("ms", "how long a reservation lasts, and the longest one may; 300000 if not set"),
    "maxTotalExposure": ("money", "value of all positions, long and short added up"),
    "maxTotalExposurePercent": ("ppm", "the same as a share of equity"),
    "maxDirectionalExposurePercent": ("ppm", "value of all positions on one side as a share of equity"),
    "maxSectorExposurePercent": ("ppm", "value of all positions in one sector as a share of equity"),
    "maxCurrencyExposurePercent": ("ppm", "value of all positions in instruments of one foreign currency, of equity"),
    "maxLeverage": ("ratio", "value of all positions as a multiple of equity"),
    "maxMarginUsePercent": ("ppm", "margin and holds as a share of equity"),
    "minMaintenanceMarginPercent": ("ppm", "equity as a share of the value of all positions"),
    "maxWeeklyLoss": ("money", "equity lost since Monday, open P&L included"),
    "maxWeeklyLossPercent": ("ppm", "the same as a share of the equity at the week's begin"),
    "maxDrawdownPercent": ("ppm", "equity below its highest, as a share of it"),
    "maxLossInWindow": ("money", "equity below its highest within lossWindowMinutes"),
    "lossWindowMinutes": ("minutes", "window of maxLossInWindow, at most a day; 5 where it is not given"),
    "maxDrawdown": ("ppm", "equity below its highest since the session began; there all is closed and it stops"),
    "weeklyTarget": ("ppm", "equity above that of the week's begin; there all is closed and the session stops"),
    "minConfidence": ("share", "the strategy's confidence in an opening"),
    "enabledStrategies": ("names", "the only strategies that open anything"),
    "orderType": ("type", "of openings that say no price: at the market, or limited at the price they would meet"),
    "maxDayTrades": ("count", "positions opened and closed on one day, within five business days"),
    "dayTradeEquityMinimum": ("money", "equity from which day trades are not counted; 25000 where it is not given"),
    "requireMarketSession": ("flag", "the instrument's market is open by its calendar"),
    "queueWhenClosed": ("flag", "openings that requireMarketSession would refuse wait here until their market opens"),
    "blockedSymbols": ("symbols", "symbols in which nothing is opened"),
    "allowedSymbols": ("symbols", "the only symbols in which anything is opened"),
    "duplicateWindowSeconds": ("ns", "time within which no two opening orders are alike, at most an hour"),
    "enableWashTradeProtection": ("flag", "no opening that could trade with an order of its own strategy"),
    "enableSelfTradeProtection": ("flag", "no opening that could trade with an order of another strategy"),
    "maxMessagesPerMinute": ("count", "new orders, changes and cancels of an account"),
    "messageReserve": ("count", "how many of maxMessagesPerMinute openings leave to cancels and exits"),
    "maxOrderToTradeRatio": ("ratio", "messages of the day for each fill of the day"),
    "maxRepeatedExecutions": ("count", "filled openings of a strategy in a symbol within repeatedExecutionSeconds"),
    "repeatedExecutionSeconds": ("ns", "window of maxRepeatedExecutions, at most an hour; 60 where it is not given"),
    "breakerErrors": ("count", "refusals and lost answers in a row that open the circuit breaker"),
    "breakerCooldownSeconds": ("ns", "how long the circuit breaker stays open; 60 where it is not given"),
    "maxAccountAgeSeconds": ("ns", "age of what is known of the account"),
    "maxRateAgeSeconds": ("ns", "age of the exchange rates between instrument and account"),
    "maxLoopLagSeconds": ("ns", "how long events wait for the engine"),
    "maxJournalLagSeconds": ("ns", "how long records wait for the disk"),
    "maxReconciliationLagSeconds": ("ns", "how long ago the venue's books were compared"),
    "maxClockOffsetSeconds": ("ns", "difference of clock and venue's clock"),
    "enableHaltProtection": ("flag", "no opening while the venue does not say that the instrument trades"),
    "enablePriceLimitProtection": ("flag", "no opening beyond the price band that the venue states"),
    "enableShortSaleRestriction": ("flag", "a restricted short rests above the best bid"),
    "requireLocate": ("flag", "no short beyond what the broker has located for the day"),
    "maxWorkingOrders": ("count", "opening orders at work"),
    "minLiquidationDistancePercent": ("ppm", "move against all positions that the equity stands before liquidation"),
    "maintenanceMarginPercent": ("ppm", "equity at which the venue liquidates, as a share of the value of positions"),
    "maxVolumePercent": ("ppm", "size of one opening order as a share of the average daily volume"),
    "maxTouchPercent": ("ppm", "size of one opening order as a share of what is shown at the price it would meet"),
    "cumulativeCollarPercent": ("ppm", "how far an opening's price may lie from any price of collarWindowSeconds"),
    "collarWindowSeconds": ("ns", "window of cumulativeCollarPercent, at most an hour; 60 where it is not given"),
    "softLimits": ("limits", "limits of the same set that two persons may waive for a while; all others are hard"),
    "stopFillSeconds": ("ns", "time a stop that was reached has to fill before what is left goes at the market"),
    "staleOrderSeconds": ("ns", "time an opening order may work before what is left of it is cancelled"),
    "marketBufferPercent": ("ppm", "what is held above the reference price for an opening market order"),
    "canaryDays": (
        "count",
        "of canary limits: days a new version of a strategy trades under them; without it until a person ends them",
    ),
}

#: Those that refuse nothing by themselves, but say how others count or what the core does; nobody waives one.
PARAMETERS = (
    "defaultRiskEstimate", "riskModel", "exposurePollIntervalSec", "tradepicker.key", "tradepicker.reserveOnOpen",
    "tradepicker.reservationTtlMs", "lossWindowMinutes", "orderType", "dayTradeEquityMinimum", "messageReserve",
    "queueWhenClosed", "repeatedExecutionSeconds", "breakerErrors", "breakerCooldownSeconds",
    "maintenanceMarginPercent", "collarWindowSeconds", "softLimits", "stopFillSeconds", "staleOrderSeconds",
    "marketBufferPercent", "canaryDays",
)  # fmt: skip
#: That of limits for new versions of strategies (`core.canary`): no other set has it.
CANARY_DAYS = "canaryDays"
#: Those about whole accounts: what they look at, or do, knows no strategy and no symbol.
OF_ACCOUNTS = (
    "breakerErrors", "breakerCooldownSeconds", "maxDrawdownPercent", "maxDrawdown", "weeklyTarget",
    "exposurePollIntervalSec",
)  # fmt: skip

#: stop_distance: distance to the stop × size × contract, in account currency. price_distance: distance × size alone.
RISK_MODELS = ("stop_distance", "price_distance")
PICKER_KEYS = ("account", "account_strategy")
OPENING_TYPES = ("market", "limit")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Prices are kept at nine decimals, as quantities are.
PRICE_SCALE = 9
#: Quantities are kept at nine decimals, the finest size scale there is.
QUANTITY_SCALE = 9


class Limits:
    """The limits of one scope, as exact integers by name; `get` is None where a limit is off.

    version: counts the sets this scope has had, from 1. currency: of its money limits, "" = that of the account.
    who, reason, since: who set them, why, and when (ns UTC). expires: ns UTC when they end, 0 = never. under: the set
    they lie over for as long as they last; its limits hold where they name none.
    """

    __slots__ = ("values", "version", "currency", "who", "reason", "expires", "under", "since")

    def __init__(
        self,
        values: dict[str, Any] | None = None,
        version: int = 1,
        currency: str = "",
        who: str = "",
        reason: str = "",
        expires: int = 0,
        under: Limits | None = None,
        since: int = 0,
    ) -> None:
        self.values: dict[str, Any] = {} if values is None else values
        self.version = version
        self.currency = currency
        self.who = who
        self.reason = reason
        self.expires = expires
        self.under = under
        self.since = since

    def get(self, name: str) -> Any:
        value = self.values.get(name)
        return self.under.get(name) if value is None and self.under is not None else value

    def has(self, name: str) -> bool:
        """Whether the limit is on."""
        return self.get(name) is not None

    def off(self) -> list[str]:
        """Names of the limits that are not enforced."""
        return [name for name in LIMITS if self.get(name) is None and name != CANARY_DAYS]

    def softs(self) -> list[str]:
        """Names of the limits that two persons may waive for a while; every other one is hard."""
        return list(self.get("softLimits") or ())

    def row(self) -> list[tuple[str, Any]]:
        return sorted(self.values.items())

    def state(self) -> list[Any]:
        """All of it, as one encodable row; `limits_of` is the inverse."""
        under = None if self.under is None else self.under.state()
        return [self.row(), self.version, self.currency, self.who, self.reason, self.expires, under, self.since]


def limits_of(row: Sequence[Any]) -> Limits:
    """Limits from their `state`."""
    values, version, currency, who, reason, expires, under, since = row
    return Limits(
        dict(values), version, currency, who, reason, expires,
        None if under is None else limits_of(under), since,
    )  # fmt: skip


def limits_from(configured: Mapping[str, Any]) -> Limits:
    """Limits from a configuration block: each number finite and above zero. Raises InputError naming the key."""
    values: dict[str, int] = {}
    for name, value in configured.items():
        if name not in LIMITS:
            raise InputError(f"limits: {name!r} is not known; the limits are {', '.join(LIMITS)}")
        values[name] = _exact(name, value)
    return Limits(values)


def _exact(name: str, value: Any) -> Any:
    unit = LIMITS[name][0]
    what = f"limit {name}"
    if unit == "limits":
        if not isinstance(value, list | tuple) or not value or not all(map(_refuses, value)):
            raise InputError(f"{what}: {value!r} is not a list of limits that refuse something")
        return sorted(value)
    if unit == "flag":
        if value is not True and str(value).lower() != "true":
            raise InputError(f"{what}: {value!r} is not true; leave the key out to switch it off")
        return 1
    if unit in WORDS:
        if value not in WORDS[unit]:
            raise InputError(f"{what}: {value!r} is not one of {', '.join(WORDS[unit])}")
        return value
    if unit == "sessions":
        return _sessions(what, value)
    if unit in ("symbols", "names"):
        if not isinstance(value, list | tuple) or not value or not all(isinstance(item, str) for item in value):
            raise InputError(f"{what}: {value!r} is not a list of {unit}")
        return sorted(value)
    points = False
    if unit == "price" and isinstance(value, Mapping):
        if set(value) != {"points"}:
            raise InputError(f"{what}: {dict(value)!r} is neither a price nor points: N")
        points, value = True, value["points"]
    if decimal_of(value, what) <= 0:
        raise InputError(f"{what}: {value} must be above zero; leave the key out to switch it off")
    if unit == "money":
        return count_of(value, MONEY_SCALE, what, 2**127 - 1)
    if unit == "quantity":
        return count_of(value, QUANTITY_SCALE, what)
    if unit == "ppm":
        return count_of(value, 4, what)
    if unit == "ns":
        return _within(name, count_of(value, 9, what))
    if unit == "share":
        if decimal_of(value, what) > 1:
            raise InputError(f"{what}: {value} lies above 1")
        return count_of(value, 6, what)
    if unit == "ms":
        return _within(name, count_of(value, 6, what))
    if unit == "minutes":
        return _within(name, count_of(value, 9, what, 2**53) * 60)
    if unit == "ratio":
        return count_of(value, 6, what)
    if unit == "price":
        return [count_of(value, 0 if points else PRICE_SCALE, what), points]
    return count_of(value, 0, what)


#: The longest windows: what lies further back is not remembered.
LONGEST_NS = {
    "duplicateWindowSeconds": 3_600 * 10**9,
    "repeatedExecutionSeconds": 3_600 * 10**9,
    "collarWindowSeconds": 3_600 * 10**9,
    "lossWindowMinutes": 86_400 * 10**9,
    "tradepicker.reservationTtlMs": 86_400 * 10**9,
}


#: Units whose value is a word, and which words.
WORDS = {"model": RISK_MODELS, "key": PICKER_KEYS, "type": OPENING_TYPES}
#: Units whose exact value is more than one number, and the type of it.
SHAPES: dict[str, type] = {
    "symbols": list,
    "sessions": list,
    "price": list,
    "model": str,
    "key": str,
    "names": list,
    "type": str,
}


def is_exact(name: str, value: Any) -> bool:
    """Whether that could be a limit's exact value: an integer above zero, or what its unit has instead of one. A limit
    that is none of these would be a limit that nothing reaches."""
    if LIMITS[name][0] == "limits":
        return isinstance(value, list) and value != [] and all(map(_refuses, value))
    shape = SHAPES.get(LIMITS[name][0])
    if shape is not None:
        return isinstance(value, shape) and value not in ([], "")
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _refuses(name: Any) -> bool:
    return isinstance(name, str) and name in LIMITS and name not in PARAMETERS


def _within(name: str, value: int) -> int:
    longest = LONGEST_NS.get(name, value)
    if value > longest:
        raise InputError(f"limit {name}: it is at most {longest // 10**9} seconds")
    return value


def _sessions(what: str, value: Any) -> list[list[Any]]:
    """Rows [days from Monday = 0, from minute, to minute, zone]; a session that ends before it begins ends the next
    day."""
    if not isinstance(value, list | tuple) or not value:
        raise InputError(f"{what}: {value!r} is not a list of sessions")
    rows = []
    for item in value:
        if not isinstance(item, Mapping) or set(item) != {"days", "from", "to", "zone"}:
            raise InputError(f"{what}: {item!r} is not {{days, from, to, zone}}")
        days = item["days"]
        if not isinstance(days, list | tuple) or not days or any(day not in DAYS for day in days):
            raise InputError(f"{what}: days {days!r} are not a list of {', '.join(DAYS)}")
        offset_ns(str(item["zone"]), RANGE_FIRST)  # raises for a zone that is not known
        rows.append(
            [sorted({DAYS.index(day) for day in days}), _minute(what, item["from"]), _minute(what, item["to"]),
             str(item["zone"])]
        )  # fmt: skip
    return rows


def _minute(what: str, value: Any) -> int:
    """Minutes from midnight of "HH:MM", to "24:00"."""
    hours, colon, minutes = str(value).partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and int(minutes) < 60):
        raise InputError(f"{what}: {value!r} is not HH:MM")
    minute = int(hours) * 60 + int(minutes)
    if minute > 24 * 60:
        raise InputError(f"{what}: {value!r} is past 24:00")
    return minute
