"""An account against its venue: what differs, what of it is taken over, and when openings may go.

Looked at are orders, positions and money, whenever a snapshot comes. A difference counts once two snapshots some time
apart (a second, and as long as the venue takes to know what it did) show the same one and nothing was reported of it in
between: answers and reports of a venue overtake each other. An order that differs is looked up, and again while it
does, which brings the fills that were missed; its position waits. What stays is the venue's word: booked as the
strategy `external`, told of, and the account is REDUCING — for money beyond a tolerance until a snapshot agrees, for a
position until a named person has looked.

What somebody else closes was held by a strategy: lots go over to `external`, so that no exit can close them again.
Nothing opens (NOT_READY) from a start, a lost connection or three snapshots in a row that could not be had, until a
snapshot taken after it agreed.

Money in what no instrument of the run is made of (dust, coins that are kept) is booked and compared like any, but lies
aside: no rate for it is known, and equity that could not be known would stop every opening.

A venue may keep some of the coins that a buy brings in and not say how many (`Account.coin_fee_ppm`): booked is the
most that it keeps, so that no exit asks for coins that are not there. What it did not keep is seen here, and lies aside
as money in the base that no strategy has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.core import splits
from tradewright.core.inquiries import MS_NS, OVERDUE_NS, SECOND_NS
from tradewright.core.life_cycle import NONE, REFUSED, WORKING
from tradewright.core.link import Difference, Link
from tradewright.core.trading_state import gives_way
from tradewright.model.account import NETTING
from tradewright.model.account_snapshot import (
    AccountSnapshot,
    ConnectionChanged,
    PositionMoved,
    PositionSplit,
    SnapshotFailed,
)
from tradewright.model.command import LIVES_ON, Query, cancel_of
from tradewright.model.control import ACTIVE, REDUCING, Alarm, TradingStateChanged
from tradewright.model.event import Event
from tradewright.model.foreign import EXTERNAL, foreign_id
from tradewright.model.numbers import MONEY_SCALE, text_of
from tradewright.model.reconciliation import (
    ADOPTED,
    COIN_FEE,
    MOVED,
    UNEXPLAINED,
    WITHIN_TOLERANCE,
    BalanceAdjusted,
    LotsTransferred,
    PositionAdjusted,
    Reconciled,
)
from tradewright.model.report import Fill, Report

if TYPE_CHECKING:
    from tradewright.core.accounts import AccountState
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine
    from tradewright.core.ledger import Book
    from tradewright.model.instrument import Instrument
    from tradewright.model.lot import Match

POSITION, BALANCE, ORDER = "position", "balance", "order"
#: Money may differ by so many parts per million of what the venue shows before it is more than rounding, and by less
#: than the smallest unit that it shows.
TOLERANCE_PPM = 100
PPM_ONE = 1_000_000
FAILURES_MAX = 3
#: An order that still differs is looked up again after so long.
UNSAID_NS = 10 * SECOND_NS

#: What is folded here: news of a connection, and what was made of them.
CONNECTED = (
    ConnectionChanged, AccountSnapshot, SnapshotFailed, PositionSplit, PositionMoved, Reconciled, BalanceAdjusted,
    PositionAdjusted, LotsTransferred,
)  # fmt: skip

#: Alarms, and those that are the cause of REDUCING.
POSITION_DRIFT = "POSITION_DRIFT"
BALANCE_DRIFT = "BALANCE_DRIFT"
TRADED_BY_HAND = "TRADED_BY_HAND"
FOREIGN_ORDER = "FOREIGN_ORDER"
CONNECTION_LOST = "CONNECTION_LOST"
RECONCILIATION_FAILED = "RECONCILIATION_FAILED"
RECONCILED_AGAIN = "RECONCILED"


# ── folding ────────────────────────────────────────────────────────────────────────────────────────────────────────


def begin(engine: Blotter) -> None:
    """A run begins: no connection is up yet."""
    for account in engine.accounts.values():
        if account.link is not None:
            account.link.up = account.link.ready = False
            account.link.since = engine.now
            account.link.seen.clear()
            _count_in(engine, account, account.link)


def _count_in(engine: Blotter, account: AccountState, link: Link) -> None:
    """What lay aside and is money of an instrument that came with this run is equity from now on."""
    for currency in [currency for currency in link.aside if _trades(engine, account, currency)]:
        amount = link.aside.pop(currency)
        if any(item.base == currency and item.venue == account.terms.venue for item in engine.instruments):
            # It is a position, which its venue shows from now on.
            engine.ledger.move_cash(account.terms.name, currency, -amount)
        else:
            account.move_marks(engine.marks.convert(amount, currency, account.terms.currency))


def _trades(engine: Blotter, account: AccountState, currency: str) -> bool:
    """Whether the account's instruments are made of it, or it is stated in it."""
    return currency == account.terms.currency or any(
        currency in (item.base, item.quote) for item in engine.instruments if item.venue == account.terms.venue
    )


def heard(account: AccountState, link: Link, report: Report, instrument: Instrument, fresh: bool) -> None:
    """A report says something of its order; a fill of its symbol and of money too."""
    moved = link.moved
    moved[report.order_id] = report.time
    if fresh:
        moved[instrument.symbol] = moved[""] = report.time
        if account.terms.coin_fee_ppm and isinstance(report, Fill) and report.fee_currency == instrument.base:
            kept = report.fee // _coins(instrument)
            link.kept[instrument.symbol] = link.kept.get(instrument.symbol, 0) + kept


def fold(engine: Blotter, event: Event) -> None:
    """Fold what is said of a connection, or was made of it."""
    account = engine.accounts.get(event.account)  # type: ignore[attr-defined]
    if account is None or account.link is None:
        return
    link = account.link
    if isinstance(event, ConnectionChanged):
        link.up, link.since, link.ready = event.up, engine.now, False
        link.seen.clear()
    elif isinstance(event, SnapshotFailed):
        link.failures += 1
        # Nobody knows any more whether it still agrees.
        link.ready = link.ready and link.failures < FAILURES_MAX
    elif isinstance(event, AccountSnapshot):
        link.failures = 0
        _begin_anew(account, link)
        link.found = differences(engine, account, link, event)
        link.seen = {found.key: (found.theirs - found.ours, _counts_from(engine, found)) for found in link.found}
        _settle_fees(engine, account, link, event)
        link.moved = {name: time for name, time in link.moved.items() if time >= event.asked}
        if account.traffic is not None:
            account.traffic.heard = engine.now
    elif isinstance(event, Reconciled):
        link.begun, link.ready, link.checked = link.begun or event.open == 0, event.ready, engine.now
    elif isinstance(event, BalanceAdjusted):
        move_capital(engine, account, event.currency, event.amount)
    elif isinstance(event, PositionAdjusted):
        _adjust(engine, account, link, event)
    elif isinstance(event, LotsTransferred):
        _transfer(engine, account, event)
    elif isinstance(event, PositionSplit):
        link.split = splits.fold(engine, event)
        link.moved[event.symbol] = engine.now
    elif isinstance(event, PositionMoved):
        link.moved[event.symbol] = engine.now


def move_capital(engine: Blotter, account: AccountState, currency: str, amount: int) -> None:
    """Money came or went other than by a fill; at a venue what nobody trades lies aside."""
    link = account.link
    if link is None or _trades(engine, account, currency):
        engine.move_cash(account.terms.name, currency, amount)
    else:
        engine.ledger.move_cash(account.terms.name, currency, amount)
        link.aside[currency] = link.aside.get(currency, 0) + amount


def _begin_anew(account: AccountState, link: Link) -> None:
    """What was taken over has its price by now."""
    equity = account.equity() if link.anew else None
    if equity is None:
        return
    link.anew = False
    account.day_equity = equity if account.day_equity is None else account.day_equity
    account.week_equity = equity if account.week_equity is None else account.week_equity


def _coins(instrument: Instrument) -> int:
    """Money in the base currency that one size count is."""
    return int(10 ** (MONEY_SCALE - instrument.size_scale) * instrument.contract)


def _settle_fees(engine: Blotter, account: AccountState, link: Link, shown: AccountSnapshot) -> None:
    """What is held as it was booked has had the fees that were booked."""
    if link.kept:
        differ = {symbol for symbol, *_ in _positions(engine, account, link, shown)}
        for symbol in [symbol for symbol in link.kept if symbol not in differ]:
            if link.moved.get(symbol, -1) < shown.asked:
                del link.kept[symbol]


def _counts_from(engine: Blotter, found: Difference) -> int:
    """The time of an order that is looked up once more begins anew."""
    return engine.now if found.kind == ORDER and _unsaid(engine, found) else found.since


def _unsaid(engine: Blotter, found: Difference) -> bool:
    """Whether it was looked up long enough ago: nobody may have been able to say anything then."""
    return engine.now - found.since >= UNSAID_NS


def _adjust(engine: Blotter, account: AccountState, link: Link, event: PositionAdjusted) -> None:
    instrument = engine.symbols[event.symbol]
    if event.code == COIN_FEE:
        link.kept.pop(event.symbol, None)
        link.spared[event.symbol] = link.spared.get(event.symbol, 0) + event.size_units
        engine.ledger.move_cash(event.account, instrument.base, event.size_units * _coins(instrument))
        return
    id = foreign_id(account.terms.code, f"adjusted {event.symbol} {event.time}")
    side = 1 if event.size_units > 0 else -1
    book = engine.book(event.account, EXTERNAL, instrument)
    _book(engine, book, side, event, id)
    # Nobody here gained or lost by it, whatever it cost: it counts from what it is worth now.
    account.move_marks(account.value_of(book.position, event.size_units))


def _transfer(engine: Blotter, account: AccountState, event: LotsTransferred) -> None:
    instrument = engine.symbols[event.symbol]
    id = foreign_id(account.terms.code, f"transferred {event.strategy} {event.symbol} {event.time}")
    side = 1 if event.size_units > 0 else -1
    for strategy, of in ((event.strategy, -side), (EXTERNAL, side)):
        _book(engine, engine.book(event.account, strategy, instrument), of, event, id)


def _book(engine: Blotter, book: Book, side: int, event: PositionAdjusted | LotsTransferred, id: str) -> None:
    """Book lots that no order here has moved."""
    at = len(engine.matches)
    engine.ledger.adjust(book, side, abs(event.size_units), event.price_units, event.time, id, engine.matches)
    _trim(engine, book, engine.matches[at:])


def _trim(engine: Blotter, book: Book, closed: list[Match]) -> None:
    """What somebody else has closed is not guarded by exits that come back: those of an opening by what was taken of
    its lots, the oldest first, and none for more than is left."""
    taken: dict[tuple[str, str], int] = {}
    for id, owed in engine.owed.items():
        order = engine.orders[id].order
        if (order.account, order.strategy, order.instrument) != (book.account, book.strategy, book.instrument):
            continue
        of = (order.parent, order.role)
        counts = sum(match.size for match in closed if match.open_order == order.parent) - taken.get(of, 0)
        paid = max(0, min(counts, owed.size))
        taken[of] = taken.get(of, 0) + paid
        owed.size = min(owed.size - paid, book.closable(order.side, order.lot))


def differences(engine: Blotter, account: AccountState, link: Link, shown: AccountSnapshot) -> list[Difference]:
    """What a snapshot shows otherwise than it is here, leaving out what was reported of since it was asked for."""
    found = [(ORDER, *item, 0) for item in _orders(engine, account, shown)]
    unclear = {engine.orders[id].order.instrument.symbol for _, id, *_ in found if id in engine.orders}
    found += [(POSITION, *item) for item in _positions(engine, account, link, shown) if item[0] not in unclear]
    if link.moved.get("", -1) < shown.asked:
        found += [(BALANCE, *item, 0) for item in _balances(engine, account, shown)]
    apart = _apart(account)
    made = []
    for kind, name, ours, theirs, price in found:
        if link.moved.get(name, -1) < shown.asked:
            before, since = link.seen.get(f"{kind}:{name}", (0, 0))
            since = since if before == theirs - ours else engine.now
            made.append(Difference(kind, name, ours, theirs, price, since, engine.now - since >= apart))
    return made


def _apart(account: AccountState) -> int:
    """How long a difference has to stand until it counts, ns."""
    return max(SECOND_NS, account.terms.settles_ms * MS_NS)


def counts_next(account: AccountState, now: int) -> int:
    """When the next of the differences counts that were seen and do not count yet; 0 = there is none."""
    link, apart = account.link, _apart(account)
    moments = [since + apart for _, since in link.seen.values()] if link is not None else []
    return min((moment for moment in moments if moment > now), default=0)


def _orders(engine: Blotter, account: AccountState, shown: AccountSnapshot) -> list[tuple[str, int, int]]:
    """(id, filled here or -1, filled there or -1): -1 = it does not work on that side."""
    there = dict(shown.orders)
    found = []
    for id, hold in engine.holds.holds.items():
        state = engine.orders[id]
        if hold.order.account != account.terms.name or state.stage != WORKING or state.time_request >= shown.asked:
            continue
        if there.get(id, -1) != state.filled:
            found.append((id, state.filled, there.get(id, -1)))
    for id, filled in there.items():
        known = engine.orders.get(id)
        if known is None or (id not in engine.holds.holds and known.time_request < shown.asked):
            found.append((id, -1, filled))
    return found


def _positions(
    engine: Blotter, account: AccountState, link: Link, shown: AccountSnapshot
) -> list[tuple[str, int, int, int]]:
    there = {symbol: (size, price) for symbol, size, price in shown.positions}
    ours = {position.instrument.symbol: position.net for position in account.positions if position.net}
    for symbol, size in link.spared.items():
        ours[symbol] = ours.get(symbol, 0) + size
    return [
        (symbol, ours.get(symbol, 0), *there.get(symbol, (0, 0)))
        for symbol in dict.fromkeys([*sorted(ours), *there])
        if symbol in engine.symbols and ours.get(symbol, 0) != there.get(symbol, (0, 0))[0]
    ]


def _balances(engine: Blotter, account: AccountState, shown: AccountSnapshot) -> list[tuple[str, int, int]]:
    there = dict(shown.balances)
    ours = dict(engine.ledger.cash[account.terms.name])
    # What a base fee left behind in dust is part of the base asset, which the venue shows as a position.
    traded = {item.base for item in engine.instruments if item.venue == account.terms.venue} - {*there}
    ours = {currency: amount for currency, amount in ours.items() if currency not in traded}
    return [
        (currency, ours.get(currency, 0), there.get(currency, 0))
        for currency in dict.fromkeys([*sorted(ours), *there])
        if ours.get(currency, 0) != there.get(currency, 0)
    ]


# ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────────


def settle(engine: Engine, event: Event) -> list[Event]:
    """What follows from news of a connection. Applied outputs."""
    outputs: list[Event] = []
    account = engine.accounts.get(event.account)  # type: ignore[attr-defined]
    if account is None or account.link is None:
        return outputs
    if isinstance(event, ConnectionChanged) and not event.up:
        _alarm(engine, CONNECTION_LOST, event.account, event.text, outputs)
    elif isinstance(event, SnapshotFailed) and account.link.failures == FAILURES_MAX:
        text = f"{FAILURES_MAX} snapshots in a row could not be had, nothing opens until one agrees: {event.text}"
        _alarm(engine, RECONCILIATION_FAILED, event.account, text, outputs)
    elif isinstance(event, AccountSnapshot):
        _take_over(engine, account, account.link, event, outputs)
        for book in account.books:
            if book.exits:
                engine.end_too_large(book, outputs)  # also one whose cancel was refused since
    elif isinstance(event, PositionSplit) and account.link.split:
        outputs += splits.settle(engine, event)
    elif isinstance(event, PositionMoved) and event.symbol in engine.symbols:
        _adjust_position(engine, account, event.symbol, event.size_units, 0, MOVED, outputs)
    return outputs


def _take_over(engine: Engine, account: AccountState, link: Link, shown: AccountSnapshot, outputs: list[Event]) -> None:
    counts = {POSITION: 0, BALANCE: 0, ORDER: 0}
    found, link.found, waiting, drift = link.found, [], 0, ""
    for one in found:
        counts[one.kind] += 1
        if one.kind == ORDER:
            fresh = one.since == engine.now
            waiting += fresh
            if (fresh or _unsaid(engine, one)) and one.name in engine.orders:
                engine.emit(Query(engine.now, one.name), outputs)
            elif one.again and one.ours < 0:
                _end(engine, one.name, outputs)
        elif link.begun and not one.again:
            waiting += 1
        elif one.kind == BALANCE:
            money = _balance(engine, account, one, link.begun, outputs)
            drift = drift or money
        else:
            drift = _position(engine, account, link, one, outputs) or drift
    # What a fill kept from being compared at the first look is still what the account had: it waits for the next one.
    waiting += not link.begun and "" in link.moved
    ready = link.up and shown.asked >= link.since and waiting == 0 and not _asking(engine, account, link.since)
    numbers = counts[POSITION], counts[BALANCE], counts[ORDER]
    # Once openings go, a difference that waits for its second look does not stop them; what it turns out to be does.
    engine.emit(Reconciled(engine.now, shown.account, *numbers, waiting, ready or link.ready), outputs)
    _judge_drift(engine, account, drift, bool(found), outputs)


def _end(engine: Engine, order_id: str, outputs: list[Event]) -> None:
    """An order that has ended here lives on there, also after a look-up: a changed one whose earlier terms filled after
    all, or an end that did not get through."""
    state = engine.orders.get(order_id)
    if state is not None and not state.is_open() and state.cancel in (NONE, REFUSED):
        engine.emit(cancel_of(engine.now, order_id, LIVES_ON), outputs)


def _asking(engine: Blotter, account: AccountState, since: int) -> bool:
    """Whether orders of before the connection are still being looked up."""
    return any(
        inquiry.since <= since and engine.now < inquiry.since + OVERDUE_NS
        for id, inquiry in engine.inquiries.items()
        if engine.orders[id].order.account == account.terms.name
    )


def _balance(engine: Engine, account: AccountState, one: Difference, begun: bool, outputs: list[Event]) -> str:
    name, amount = account.terms.name, one.theirs - one.ours
    unit: int = 10 ** (MONEY_SCALE - account.terms.cash_decimals)
    within = abs(amount) < unit or abs(amount) * PPM_ONE <= TOLERANCE_PPM * abs(one.theirs)
    code = ADOPTED if not begun else WITHIN_TOLERANCE if within else UNEXPLAINED
    if code == UNEXPLAINED:
        ours, theirs = text_of(one.ours, MONEY_SCALE), text_of(one.theirs, MONEY_SCALE)
        text = f"{name}: {one.name} is {theirs} at the venue and {ours} here; the venue's word is taken"
        _alarm(engine, BALANCE_DRIFT, name, text, outputs)
    engine.emit(BalanceAdjusted(engine.now, name, one.name, amount, code), outputs)
    return BALANCE_DRIFT if code == UNEXPLAINED else ""


def _position(engine: Engine, account: AccountState, link: Link, one: Difference, outputs: list[Event]) -> str:
    name, instrument = account.terms.name, engine.symbols[one.name]
    if -link.spared.get(one.name, 0) <= one.theirs - one.ours <= link.kept.get(one.name, 0):
        engine.emit(PositionAdjusted(engine.now, name, one.name, one.theirs - one.ours, 0, COIN_FEE), outputs)
        return ""
    code = UNEXPLAINED if link.begun else ADOPTED
    if code == UNEXPLAINED:
        ours, theirs = text_of(one.ours, instrument.size_scale), text_of(one.theirs, instrument.size_scale)
        text = f"{name}: {one.name} is {theirs} at the venue and {ours} here; the venue's word is taken"
        _alarm(engine, POSITION_DRIFT, name, text, outputs)
    _adjust_position(engine, account, one.name, one.theirs - one.ours, one.price, code, outputs)
    return POSITION_DRIFT if code == UNEXPLAINED else ""


def _adjust_position(
    engine: Engine, account: AccountState, symbol: str, size: int, price: int, code: str, outputs: list[Event]
) -> None:
    """Signed `size` goes to `external`, at what the venue says that it cost, else at what it is worth."""
    instrument = engine.symbols[symbol]
    price = price or engine.marks.marks[instrument.index].price()
    engine.emit(PositionAdjusted(engine.now, account.terms.name, symbol, size, price, code), outputs)
    outputs += hand_over(engine, account, instrument, price)
    engine.end_unneeded(engine.book(account.terms.name, EXTERNAL, instrument), outputs)


def _judge_drift(engine: Engine, account: AccountState, drift: str, differs: bool, outputs: list[Event]) -> None:
    """REDUCING after a drift; back to ACTIVE from one of money once nothing differs."""
    scope = "account:" + account.terms.name
    state, cause = engine.states.get(scope, ACTIVE), engine.causes.get(scope, "")
    if drift and (state == ACTIVE or (drift == POSITION_DRIFT and gives_way(engine, scope))):
        engine.emit(TradingStateChanged(engine.now, scope, REDUCING, drift, None, None), outputs)
    elif not differs and state == REDUCING and cause == BALANCE_DRIFT:
        engine.emit(TradingStateChanged(engine.now, scope, ACTIVE, RECONCILED_AGAIN, None, None), outputs)


def hand_over(engine: Engine, account: AccountState, instrument: Instrument, price: int) -> list[Event]:
    """Lots of strategies that somebody else has closed meet what closed them. Only where the account has one position
    for all of them; where each lot is its own, whoever closes one names it. Applied outputs."""
    outputs: list[Event] = []
    if account.terms.mode != NETTING:
        return outputs
    external = engine.book(account.terms.name, EXTERNAL, instrument)
    # By name: a restored ledger holds its books in another sequence than the one they were opened in.
    for book in sorted(engine.ledger.beside[account.terms.name, instrument.index], key=lambda book: book.strategy):
        if external.net == 0 or book is external or (book.net > 0) == (external.net > 0) or book.net == 0:
            continue
        size = min(abs(external.net), abs(book.net)) * (1 if book.net > 0 else -1)
        text = (
            f"{account.terms.name}: {text_of(abs(size), instrument.size_scale)} of {instrument.symbol} that "
            f"{book.strategy} held was closed by somebody else"
        )
        _alarm(engine, TRADED_BY_HAND, account.terms.name, text, outputs)
        engine.emit(
            LotsTransferred(engine.now, account.terms.name, instrument.symbol, book.strategy, size, price), outputs
        )
        engine.end_unneeded(book, outputs)
    return outputs


def _alarm(engine: Engine, code: str, about: str, text: str, outputs: list[Event]) -> None:
    engine.emit(Alarm(engine.now, code, about, text), outputs)
