"""One decision, from an intent to its record and command, through twenty rules that are on. Prints one line of JSON,
times in microseconds; the compiled build ends with 1 where the median is beyond AIM."""

from __future__ import annotations

import json
import statistics
import sys
import time

from tradewright.app.build import build
from tradewright.core.engine import Engine
from tradewright.core.limits import limits_from
from tradewright.model.account import Account
from tradewright.model.control import CashMoved
from tradewright.model.decision import Decision
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent
from tradewright.model.market import Quote
from tradewright.model.numbers import money_of
from tradewright.model.order import BUY, LIMIT
from tradewright.model.report import Report

SECOND = 10**9
#: Microseconds, the median.
AIM = 20
LIMITS = {
    "maxOrderValue": 10**9, "maxOrderQuantity": 10**6, "maxPositionQuantity": 10**6, "maxPositionSizePercent": 90,
    "maxOpenPositions": 50, "maxDailyLoss": 10**6, "maxDailyLossPercent": 50, "priceCollarPercent": 50,
    "maxPriceAgeSeconds": 60, "maxTotalExposurePercent": 500, "maxDirectionalExposurePercent": 500, "maxLeverage": 10,
    "maxWeeklyLossPercent": 50, "maxMarginUsePercent": 90, "blockedSymbols": ["NONE"],
}  # fmt: skip


def main(count: int) -> None:
    engine = Engine()
    engine.run = 1
    engine.list_instrument(Instrument("S", "paper", "equity", "S", "USD", 2, 0))
    instrument = engine.instruments[0]
    engine.open_account(Account("main", "main", "paper", kind="margin"), limits_from(LIMITS))
    feed(engine, CashMoved(1, "main", "USD", money_of("1000000", "cash"), "deposit"))
    taken: list[int] = []
    checks = 0
    for number in range(1, count + 1):
        feed(engine, Quote(number * SECOND, instrument, 10_000, 10_001, 500, 500))
        intent = Intent(engine.next_order_id("main"), "main", "s", instrument, BUY)
        intent.type, intent.quantity, intent.limit_units = LIMIT, 1, 9_999
        began = time.perf_counter_ns()
        outputs = engine.judge(intent)
        taken.append(time.perf_counter_ns() - began)
        decision = outputs[0]
        assert isinstance(decision, Decision) and decision.approved, "every rule lets it pass"
        checks = len(decision.checks)
        feed(engine, Report(13, number * SECOND, intent.order_id, number * SECOND, "CANCELLED", ""))
    if checks < 20:
        raise SystemExit(f"{checks} rules were asked")
    cuts = statistics.quantiles(taken[count // 10 :], n=100)
    median = cuts[49] / 1000
    print(json.dumps({"decisions": count, "rules": checks, "p50": median, "p99": cuts[98] / 1000}))
    if median > AIM and build()["mode"] == "compiled":
        raise SystemExit(f"MISSED: {median:.1f} µs, and {AIM} are the aim")


def feed(engine: Engine, event: Event) -> None:
    engine.apply(event)
    engine.react(event)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
