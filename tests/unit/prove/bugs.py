"""Bugs that were never made: a line of the core, of the way of commands, or of a client, as it would be wrong; a day on
which the auditor sees it, and the invariant it names then, whatever else it names."""

from __future__ import annotations

from typing import NamedTuple

from tests.spoiled import Break


class Bug(NamedTuple):
    """invariant: it is named; others may be. day: venue and seed."""

    invariant: str
    day: tuple[str, int]
    spoiled: Break


BUGS = {
    "an overfill is no alarm": Bug(
        "I-1", ("binance", 7), Break("core/blotter.py", "        if state.overfilled:\n", "        if False:\n")
    ),
    "a larger size leaves than was approved": Bug(
        "I-2", ("alpaca", 1),
        Break("adapters/venue/alpaca/requests.py", '"qty": text_of(quantity, instrument.size_scale),',
              '"qty": text_of(2 * quantity, instrument.size_scale),'),
    ),
    "an order without an answer is sent again": Bug(
        "I-3", ("binance", 1),
        Break("adapters/chain/attempts.py", "                self._doubt(chains, str(error))\n            return",
              "                continue\n            return"),
    ),
    "a command is handed over twice": Bug(
        "I-3", ("mt5", 2),
        Break("app/connected.py", "            self._hand_over(command)\n",
              "            self._hand_over(command)\n            self._hand_over(command)\n"),
    ),
    "a trade told twice is booked twice": Bug(
        "I-5", ("binance", 1),
        Break("core/orders.py", "if fill.trade_id in self.trades:", "if False:"),
    ),
    "a fee in the base is not taken from what is owned": Bug(
        "I-6", ("binance", 1), Break("core/ledger.py", "size -= order.side * units", "size -= 0")
    ),
    "an order that has ended holds on": Bug(
        "I-8", ("binance", 3),
        Break("core/holds.py", "        self._set(hold, counts)\n        if not is_open:",
              "        self._set(hold, max(counts, hold.remaining))\n        if not is_open:"),
    ),
    "an opening of which nobody knows what became holds nothing": Bug(
        "I-8", ("alpaca", 7),
        Break("core/orders.py", "        left = self.remaining()\n",
              "        left = 0 if self.submit == UNKNOWN else self.remaining()\n"),
    ),
    "the value of an opening is not limited": Bug(
        "I-9", ("alpaca", 3),
        Break("core/rules.py",
              "worth(scope.currency)\n        return self.verdict(value is not None and value <= limit",
              "worth(scope.currency)\n        return self.verdict(True"),
    ),
    "openings at work are not limited": Bug(
        "I-9", ("binance", 3),
        Break("core/notice_rules.py", 'return self.verdict(working <= limit, working, limit, "count")',
              'return self.verdict(True, working, limit, "count")'),
    ),
    "the size of a position is not limited": Bug(
        "I-9", ("alpaca", 7),
        Break("core/rules.py",
              "quantity = size * 10 ** (QUANTITY_SCALE - order.instrument.size_scale)\n"
              "        return self.verdict(quantity <= limit",
              "quantity = size * 10 ** (QUANTITY_SCALE - order.instrument.size_scale)\n"
              "        return self.verdict(True"),
    ),
    "the value of all positions is not limited": Bug(
        "I-9", ("alpaca", 3),
        Break("core/exposure_rules.py",
              "return self.verdict(after is not None and after <= limit, after, limit, scope.unit)",
              "return self.verdict(True, after, limit, scope.unit)"),
    ),
    "the number of positions is not limited": Bug(
        "I-9", ("alpaca", 11),
        Break("core/rules.py", "return self.verdict(taken + new <= limit or new == 0,", "return self.verdict(True,"),
    ),
    "an exit does not wait for the one whose place it takes": Bug(
        "I-10", ("binance", 174),
        Break("core/engine.py", "not self.blocked(order):", "True:"),
    ),
    "a state that no record gives": Bug(
        "I-12", ("binance", 1),
        Break("trader/trader.py", "        outputs = engine.react(event)\n        if engine.board",
              "        engine.decision_count += 1\n        outputs = engine.react(event)\n        if engine.board"),
    ),
    "a look-up believes nothing": Bug(
        "I-15", ("binance", 5),
        Break("adapters/venue/binance/outcomes.py", "Row(NOT_FOUND, code=-2013, kind=ASK)",
              "Row(UNKNOWN, code=-2013, kind=ASK)"),
    ),
    "a price leaves that nobody approved": Bug(
        "I-2", ("mt5", 2),
        Break("adapters/venue/mt5/requests.py",
              'price_of(order, order.limit_units if order.type == LIMIT else order.stop_units)',
              'price_of(order, order.limit_units + 100 if order.type == LIMIT else order.stop_units)'),
    ),
    "an opening goes to the other side": Bug(
        "I-2", ("alpaca", 2),
        Break("adapters/venue/alpaca/requests.py", '"side": SIDES[order.side],', '"side": SIDES[-order.side],'),
    ),
    "an exit held here goes out twice as large": Bug(
        "I-11", ("alpaca", 95),
        Break("core/engine.py", "ExitTriggered(self.now, order.id, quantity, mark.reference(order.side))",
              "ExitTriggered(self.now, order.id, 2 * quantity, mark.reference(order.side))"),
    ),
    "an order that lives on at its venue is left there": Bug(
        "I-4", ("alpaca", 14),
        Break("core/reconcile.py", "if state is not None and not state.is_open() and state.cancel in (NONE, REFUSED):",
              "if False:"),
    ),
    "a stage comes back from its end": Bug(
        "I-4", ("binance", 1), Break("core/life_cycle.py", "max(stage, STAGES[kind][1]) if", "STAGES[kind][1] if")
    ),
    "orders end here with a connection and not at their venue": Bug(
        "I-4", ("alpaca", 1),
        Break("adapters/venue/alpaca/client.py", "self._standing.reports(False, reason)",
              'for tracked in self._teller.known.values():\n            self._teller.end(tracked, "canceled")\n'
              "        self._standing.reports(False, reason)"),
    ),
    "a fee is paid twice": Bug(
        "I-7", ("binance", 1),
        Break("core/ledger.py", "moved, paid = moved - paid, 0", "moved, paid = moved - 2 * paid, 0"),
    ),
    "lots that leave are not those that were approved": Bug(
        "I-2", ("mt5", 2),
        Break("adapters/venue/mt5/requests.py", '"lot_size": lots_of(order, size)',
              '"lot_size": lots_of(order, 2 * size)'),
    ),
    "a difference is taken over with the wrong sign": Bug(
        "I-13", ("mt5", 3),
        Break("core/reconcile.py", "one.theirs - one.ours, one.price,", "one.ours - one.theirs, one.price,"),
    ),
    "a halt stops no opening": Bug(
        "I-14", ("binance", 2),
        Break("core/rules.py", 'return self.verdict(proposal.state == ACTIVE, proposal.state, ACTIVE, "state")',
              'return self.verdict(True, proposal.state, ACTIVE, "state")'),
    ),
    "what a stopped process had sent is taken for sent": Bug(
        "I-15", ("binance", 12),
        Break("core/inquiries.py", "        state.lose_track()\n", ""),
    ),
    "deals of our orders are taken for somebody else's": Bug(
        "I-13", ("mt5", 19),
        Break("adapters/venue/mt5/ownership.py",
              "found = self._by_slot(trace) or self._by_comment(trace) or self._by_facts(trace)\n",
              "found = self._by_slot(trace)\n"),
    ),
    "the opening of a turn goes before its close has ended": Bug(
        "I-10", ("alpaca", 18),
        Break("core/blotter.py", "if not account.terms.reduce_only and turning.meets(book, order):", "if False:"),
    ),
    "a trade is booked at another price than the venue's": Bug(
        "I-13", ("alpaca", 3),
        Break("adapters/venue/alpaca/client.py", "price_units(update.price, tracked.instrument), cumulative",
              "price_units(update.price, tracked.instrument) + 1, cumulative"),
    ),
    "an exit that its venue ended is not placed again": Bug(
        "I-16", ("mt5", 30),
        Break("core/owed_exits.py", "        engine.owed[order.id] = Owed(size, 0, engine.now + wait, tries)\n", ""),
    ),
}  # fmt: skip
