"""For each case a line of the sources without which the incident would have happened here, as it would be wrong, and at
which venue that shows."""

from __future__ import annotations

from tests.spoiled import Break

#: By file of the case, then case: where it is played ("" = as it stands), and the line.
BREAKS: dict[str, dict[str, tuple[str, Break]]] = {
    "lost_answers": {
        "ccxt_2599_an_order_whose_answer_was_lost_is_bought_once": (
            "lose_answer-binance",
            Break(
                "adapters/venue/binance/caller.py",
                "answer = await self._transport.request(self._request(call), TIMEOUT)",
                "try:\n"
                "                answer = await self._transport.request(self._request(call), TIMEOUT)\n"
                "            except AnswerLost:\n"
                "                answer = await self._transport.request(self._request(call), TIMEOUT)",
            ),
        ),
        "ccxt_2599_a_request_that_broke_off_unread_opens_nothing": (
            "alpaca",
            Break(
                "core/inquiries.py",
                "return inquiry is None or max(engine.now, report.time) - inquiry.since < settles",
                "return True",
            ),
        ),
        "alpaca_py_504_an_order_leaves_once_whatever_a_gateway_says": (
            "True-alpaca",
            Break(
                "adapters/venue/alpaca/door.py",
                "verdict = judge(kind, answer)\n        if verdict.means == UNKNOWN:",
                "if answer.status == 504:\n"
                "            answer = await self._send(request, rank, TIMEOUT)\n"
                "        verdict = judge(kind, answer)\n        if verdict.means == UNKNOWN:",
            ),
        ),
        "hummingbot_6033_an_order_answered_with_503_is_not_forgotten": (
            "binance",
            Break("adapters/venue/binance/outcomes.py", "Row(UNKNOWN, (500, 599)),", "Row(REFUSED, (500, 599)),"),
        ),
        "hummingbot_601_an_order_not_found_at_first_is_not_sent_again": (
            "mt5-netting",
            Break("core/inquiries.py", "if report.kind != NOT_FOUND or settles == 0:", "if True:"),
        ),
        "hummingbot_8457_accepted_orders_outlive_an_outage": (
            "alpaca",
            Break(
                "adapters/venue/alpaca/client.py",
                "self._standing.reports(False, reason)",
                'for tracked in self._teller.known.values():\n            self._teller.end(tracked, "canceled")\n'
                "        self._standing.reports(False, reason)",
            ),
        ),
        "nautilus_4160_a_fill_told_by_nobody_but_the_answer_is_a_fill": (
            "binance",
            Break(
                "adapters/venue/binance/desk.py",
                "        self.reporter.hear(seen_of(row, instrument))\n\n    def _take_list",
                '        self.attempts.reject(chains, row.status, "")\n\n    def _take_list',
            ),
        ),
    },
    "streams": {
        "nautilus_3436_a_stream_faster_than_its_answer_moves_nothing_backwards": (
            "delay_answer-binance",
            Break("adapters/chain/reporter.py", "if leg.announced or leg.status", "if leg.status"),
        ),
        "nautilus_3869_a_fill_that_no_stream_told_is_found": (
            "binance",
            Break("app/connected.py", "orders: float = 5.0", "orders: float = 500.0"),
        ),
        "alpaca_trade_api_499_a_stream_that_broke_is_opened_again": (
            "disconnect-alpaca",
            Break(
                "adapters/net/line.py",
                "self._lost(await self._follow(fresh))",
                "self._lost(await self._follow(fresh))\n                return",
            ),
        ),
        "tradestation_95_fills_missing_from_a_stream_that_beats_are_known": (
            "binance",
            Break("adapters/chain/legs.py", "return self.executed > self.told", "return False"),
        ),
        "hummingbot_2945_a_fill_told_again_is_booked_once": (
            "binance",
            Break("core/orders.py", "if fill.trade_id in self.trades:", "if fill.trade_id in ():"),
        ),
        "nautilus_3770_a_real_overfill_is_booked_and_told_and_nothing_falls": (
            "alpaca",
            Break(
                "core/orders.py",
                "self.filled += fill.size_units\n",
                "self.filled = min(self.filled + fill.size_units, self.order.quantity)\n",
            ),
        ),
        "nautilus_3317_a_fill_told_again_under_another_number_is_not_booked": (
            "binance",
            Break(
                "adapters/chain/reporter.py",
                "if execution.trade_id in leg.fills or leg.told + execution.size <= leg.executed:",
                "if True:",
            ),
        ),
    },
    "restarts": {
        "nautilus_4736_a_restart_makes_no_fill_of_its_own": (
            "mt5-netting",
            Break("adapters/venue/mt5/books.py", "str(deal.ticket), price", 'f"{deal.ticket}-{self.first}", price'),
        ),
        "nautilus_5000_orders_at_work_are_known_after_a_kill": (
            "binance",
            Break(
                "adapters/chain/look_up.py",
                "return None if seen is None or self._older(leg, seen) else seen",
                "return None if seen is None or seen.created < self._started else seen",
            ),
        ),
        "nautilus_3176_what_others_did_has_the_same_name_after_each_restart": (
            "alpaca",
            Break(
                "model/foreign.py",
                "sha256(venue_id.encode()).hexdigest()",
                "sha256(venue_id.encode() + __import__('os').urandom(8)).hexdigest()",
            ),
        ),
        "freqtrade_13399_a_restart_gives_no_trade_the_orders_of_the_one_before": (
            "mt5-netting-True",
            Break(
                "adapters/venue/mt5/ownership.py",
                "self._by_slot(trace) or self._by_comment(trace) or self._by_facts(trace)\n",
                "self._by_slot(trace) or self._by_comment(trace)\n",
            ),
        ),
    },
    "fills": {
        "hummingbot_3374_orders_without_an_answer_are_found_and_cancelled": (
            "alpaca",
            Break("core/engine.py", "return self.cancel(accepted.order_id, OPENINGS_STOPPED)", "return []"),
        ),
        "freqtrade_1858_what_filled_before_its_cancel_is_not_bought_again": (
            "10-binance",
            Break(
                "adapters/chain/attempts.py",
                "await self.look_up.look(chain)\n                if chain.last.over",
                "if chain.last.over",
            ),
        ),
        "freqtrade_8374_an_exit_sells_what_was_bought_and_no_more": (
            "binance",
            Break("adapters/chain/legs.py", "return self.executed > self.told", "return False"),
        ),
        "freqtrade_3802_an_exit_that_filled_in_part_goes_on_until_it_is_out": (
            "binance",
            Break(
                "core/watchdog.py",
                "(given_up or state.stage in (ENDED_EXPIRED, ENDED_REJECTED))",
                "(given_up or state.stage in (ENDED_EXPIRED, ENDED_REJECTED)) and state.order.type != MARKET",
            ),
        ),
        "alpaca_306_a_change_that_was_answered_with_an_error_is_one_order": (
            "place-error_after-alpaca",
            Break(
                "adapters/venue/alpaca/placing.py",
                "left = command.quantity - tracked.filled",
                "left = command.quantity",
            ),
        ),
        "nautilus_963_a_flip_closes_and_opens_and_no_exit_opens": (
            "alpaca",
            Break(
                "core/turning.py",
                "elif not _is_closed(book, order.side):",
                "else:",
            ),
        ),
        "freqtrade_2478_a_fee_in_the_base_is_not_owned_and_not_sold": (
            "",
            Break("adapters/venue/binance/answers.py", 'money_of(fee, "commission"), asset,', "0, asset,"),
        ),
        "ccxt_393_no_step_of_a_size_is_lost_or_added": (
            "binance",
            Break(
                "adapters/venue/binance/requests.py",
                'said.append(("quantity", text_of(order.quantity, instrument.size_scale)))',
                'said.append(("quantity", f"{int(order.quantity / 10**instrument.size_scale * 1e5) / 1e5}"))',
            ),
        ),
    },
    "times": {
        "python_binance_746_a_clock_that_jumps_loses_no_order": (
            "3600",
            Break("adapters/venue/binance/caller.py", "if outcome == CLOCK:", "if False:"),
        ),
        "freqtrade_7187_what_a_venue_forbids_is_not_asked_for_until_it_allows_it": (
            "binance",
            Break(
                "adapters/net/budget.py",
                "self._turn(now)\n        if now < self._closed_until:",
                "return 0\n        if now < self._closed_until:",
            ),
        ),
        "freqtrade_7187_under_a_ban_nothing_leaves_at_all": (
            "",
            Break(
                "adapters/venue/binance/caller.py",
                "wait = max(self._connections.wait(1, now), self.weight.wait(CONNECTION_WEIGHT, now, urgent=True))",
                "wait = self._connections.wait(1, now)",
            ),
        ),
        "hummingbot_462_refused_orders_do_not_go_on_for_a_day": (
            "alpaca",
            Break("core/breakers.py", "ERRORS = (REJECTED, CANCEL_REJECTED", "ERRORS = (CANCEL_REJECTED"),
        ),
        "python_binance_28_after_days_a_stream_still_tells": (
            "binance-1.1",
            Break(
                "adapters/venue/binance/client.py",
                "await self._stream.subscribe(socket)\n",
                "if self._stream.line.socket is None:\n            await self._stream.subscribe(socket)\n",
            ),
        ),
        "freqtrade_2889_maintenance_ends_nothing_but_openings": (
            "alpaca",
            Break(
                "app/connected.py",
                "except (TransportError, VenueRefused, InputError) as error:",
                "except TransportError as error:",
            ),
        ),
        "freqtrade_5621_a_full_disk_opens_nothing_and_closes_all_the_same": (
            "alpaca",
            Break("app/emergency.py", "return _reduces(command.order, engine)", "return False"),
        ),
        "lean_5152_a_market_is_open_when_it_is": (
            "a half day, the Friday after Thanksgiving",
            Break("adapters/venue/alpaca/instruments.py", 'calendar="us-equity"', 'calendar="always"'),
        ),
    },
    "changes": {
        "alpaca_py_469_a_split_moves_no_money_and_leaves_no_stop_of_before": (
            "2-1",
            Break("core/splits.py", "outputs += engine.cancel(id, POSITION_WAS_SPLIT)", "pass"),
        ),
    },
}
