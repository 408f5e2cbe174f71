"""What a simulated Binance must show: each endpoint, rule and knob of its documents, and the test that shows it.

Tests stand in the files test_binance_*.py beside this one, and in tests/e2e/test_binance_clients.py (the clients).
"""

from __future__ import annotations

_EVERY_METHOD = "test_every_rest_call_has_its_method"
_SDK = "test_the_sdk_reads_every_rest_answer_it_knows"

#: Method and path behind /api/v3 → the test.
ENDPOINTS = {
    "GET /ping": "test_a_ping_is_answered_with_nothing_by_either_door",
    "GET /time": "test_a_skewed_clock_refuses_honest_calls_and_tells_its_own_time",
    "GET /exchangeInfo": "test_exchange_info_of_one_symbol_of_some_and_of_all",
    "GET /executionRules": "test_a_taker_beyond_the_price_range_expires_there",
    "GET /referencePrice": "test_without_a_reference_price_the_range_binds_nobody",
    "GET /depth": "test_the_book_is_told_best_first_and_as_deep_as_asked",
    "GET /trades": "test_trades_are_told_with_ids_that_can_be_paged",
    "GET /historicalTrades": "test_trades_are_told_with_ids_that_can_be_paged",
    "GET /aggTrades": "test_trades_are_told_with_ids_that_can_be_paged",
    "GET /klines": "test_candles_of_every_interval_join_on",
    "GET /uiKlines": "test_candles_by_range_by_time_zone_and_of_no_interval",
    "GET /avgPrice": "test_the_band_follows_the_average_of_five_minutes_and_falls_back_on_the_last_price",
    "GET /ticker/24hr": "test_tickers_are_objects_of_one_symbol_and_lists_of_more",
    "GET /ticker/price": "test_tickers_are_objects_of_one_symbol_and_lists_of_more",
    "GET /ticker/bookTicker": "test_tickers_are_objects_of_one_symbol_and_lists_of_more",
    "POST /order": "test_the_three_forms_of_an_answer_and_the_usual_one_of_each_type",
    "POST /order/test": "test_a_test_order_is_judged_and_not_placed",
    "GET /order": "test_an_order_that_is_not_known_or_was_archived_is_refused_as_such",
    "DELETE /order": "test_a_cancel_names_the_order_by_either_id_and_itself",
    "DELETE /openOrders": "test_cancelling_all_answers_orders_and_lists_and_refuses_when_nothing_is_open",
    "POST /order/cancelReplace": "test_both_succeed",
    "PUT /order/amend/keepPriority": "test_an_amended_order_is_smaller_keeps_its_place_and_holds_less",
    "GET /order/amendments": "test_an_amended_order_is_smaller_keeps_its_place_and_holds_less",
    "GET /openOrders": "test_open_orders_are_those_at_work_of_one_symbol_or_of_all",
    "GET /allOrders": "test_all_orders_are_paged_by_id_or_by_a_time_of_at_most_a_day",
    "GET /myTrades": "test_fills_are_paged_by_id_order_and_time",
    "GET /account": "test_an_account_tells_rates_permissions_and_balances",
    "GET /account/commission": "test_an_account_tells_rates_permissions_and_balances",
    "GET /rateLimit/order": "test_unfilled_orders_count_fills_give_back_and_cancels_do_not",
    "GET /myFilters": "test_the_published_filters_are_those_that_are_applied",
    "GET /myPreventedMatches": "test_orders_of_one_account_do_not_meet",
    "POST /order/oco": "test_the_old_form_of_an_oco_is_still_taken",
    "POST /orderList/oco": "test_an_oco_holds_once_and_is_told_as_a_list",
    "POST /orderList/oto": "test_pending_orders_wait_until_the_working_order_is_filled_whole",
    "POST /orderList/otoco": "test_an_otoco_is_a_bracket",
    "POST /orderList/opo": "test_legs_that_are_paid_for_take_what_the_working_order_brought_in",
    "POST /orderList/opoco": "test_legs_that_are_paid_for_take_what_the_working_order_brought_in",
    "DELETE /orderList": "test_a_list_is_cancelled_and_looked_up_by_either_id",
    "GET /orderList": "test_a_list_is_cancelled_and_looked_up_by_either_id",
    "GET /allOrderList": "test_a_list_is_cancelled_and_looked_up_by_either_id",
    "GET /openOrderList": "test_a_list_is_cancelled_and_looked_up_by_either_id",
}

#: What the WebSocket API has beside the endpoints.
METHODS = {
    "session.logon": "test_a_session_is_logged_on_with_ed25519_and_calls_then_need_their_time_alone",
    "session.status": "test_a_session_is_logged_on_with_ed25519_and_calls_then_need_their_time_alone",
    "session.logout": "test_a_subscription_ends_by_itself_alone_or_with_its_session",
    "session.subscriptions": "test_events_are_subscribed_to_by_a_session_or_by_a_signature_once_per_account",
    "userDataStream.subscribe": "test_events_are_subscribed_to_by_a_session_or_by_a_signature_once_per_account",
    "userDataStream.subscribe.signature":
        "test_events_are_subscribed_to_by_a_session_or_by_a_signature_once_per_account",
    "userDataStream.unsubscribe": "test_a_subscription_ends_by_itself_alone_or_with_its_session",
    "each endpoint by its method": _EVERY_METHOD,
}  # fmt: skip

#: Section 9: what is streamed of a symbol, or of all of them.
STREAMS = {
    "trade": "test_streams_are_subscribed_to_by_path_and_live_and_wrapped_where_asked",
    "aggTrade": "test_streams_are_subscribed_to_by_path_and_live_and_wrapped_where_asked",
    "kline_1m": "test_candles_are_told_every_two_seconds_and_once_more_when_they_close",
    "kline_1m@+08:00": "test_candles_are_told_every_two_seconds_and_once_more_when_they_close",
    "bookTicker": "test_best_prices_are_told_as_they_change",
    "miniTicker": "test_the_other_streams_come_each_second",
    "24hrTicker": "test_the_other_streams_come_each_second",
    "avgPrice": "test_the_other_streams_come_each_second",
    "referencePrice": "test_the_other_streams_come_each_second",
    **dict.fromkeys(
        ("depth5", "depth10", "depth20", "depth5@100ms", "depth10@100ms", "depth20@100ms"),
        "test_partial_depth_is_the_best_of_the_book_as_deep_and_as_often_as_asked",
    ),
    "depth": "test_a_book_kept_from_its_changes_is_the_book_that_is_told",
    "depth@100ms": "test_a_book_kept_from_its_changes_is_the_book_that_is_told",
    "!ticker@arr": "test_a_stream_that_was_retired_is_silent",
    "!miniTicker@arr": "test_the_other_streams_come_each_second",
}

#: Section by section what the reference says beside the endpoints.
RULES = {
    "1 times in microseconds": "test_times_are_written_and_read_in_microseconds_on_demand",
    "1 times in microseconds, sockets": "test_times_are_in_microseconds_where_the_connection_asks_for_it",
    "1 query before body": "test_a_parameter_in_query_and_body_is_the_query_s_and_twice_in_one_is_refused",
    "1 time-out -1007": "test_an_order_is_accepted_and_its_answer_is_that_nobody_knows",
    "2 query + body without separator": "test_hmac_signs_the_query_the_body_or_both_joined_without_a_separator",
    "2 signature in any place, hex in either case":
        "test_the_signature_may_stand_first_or_in_the_other_part_and_is_hex_of_either_case",
    "2 raw bytes": "test_the_bytes_are_signed_and_not_what_they_mean",
    "2 -1022": "test_a_changed_byte_is_refused",
    "2 non-ASCII encoded": "test_what_is_not_ascii_must_be_encoded_before_it_is_signed",
    "2 Ed25519": "test_ed25519_signs_rest_calls_in_base64_of_its_own_case",
    "2 RSA": "test_rsa_signs_rest_calls",
    "2 sorted parameters over the socket": "test_the_socket_signs_sorted_parameters_as_they_are",
    "2 unsorted ones refused": "test_unsorted_parameters_are_refused_over_the_socket",
    "2 recvWindow": "test_a_call_is_good_within_its_window",
    "2 times in µs": "test_a_time_in_microseconds_is_the_same_time",
    "2 checked again before the engine": "test_a_call_is_judged_again_before_the_engine",
    "2 -2014, -2015": "test_keys_are_told_apart_by_form_by_knowledge_by_address_and_by_permission",
    "2 -1102": "test_what_must_be_there_is_asked_for_by_name",
    "3 published limits": "test_the_limits_are_published",
    "3 headers, clock windows": "test_the_window_is_the_minute_of_the_clock",
    "3 429, 418": "test_too_much_weight_is_429_and_going_on_is_418_for_longer_each_time",
    "3 -1015": "test_too_many_orders_are_429_until_the_window_turns",
    "3 per address": "test_addresses_are_counted_apart",
    "3 raw requests": "test_raw_requests_are_counted_whatever_they_weigh",
    "3 sockets: data {serverTime, retryAfter}": "test_sockets_tell_limits_too_and_refuse_with_times",
    "3 weight 0 when successful": "test_placing_and_cancelling_weigh_nothing_when_they_succeed",
    "3 unfilled count": "test_unfilled_orders_count_fills_give_back_and_cancels_do_not",
    "3 weights of market data": "test_what_a_public_call_weighs",
    "3 weights of look-ups": "test_what_a_signed_call_weighs",
    "3 connections": "test_connections_are_counted",
    "3 1024 streams, 5 messages": "test_a_client_that_talks_too_much_is_cut_off",
    "4 exchangeInfo and its errors": "test_exchange_info_of_one_symbol_of_some_and_of_all",
    "4 -1111 before filters": "test_too_much_precision_is_refused_before_any_filter",
    "4 every filter by its name": "test_a_filter_refuses_by_its_name",
    "4 their borders": "test_what_lies_on_the_border_passes",
    "4 list filters": "test_the_lists_of_an_account_are_counted",
    "4 symbol status": "test_an_order_is_refused_while_its_symbol_is_not_trading",
    "4 PRICE_RANGE": "test_a_taker_beyond_the_price_range_expires_there",
    "5 mandatory, not required, bad enums": "test_what_does_not_go_together_is_refused_by_code",
    "5 trigger sides": "test_a_trigger_lies_on_its_side_of_the_market_and_looks_at_the_last_trade",
    "5 *_LIMIT": "test_a_limited_conditional_order_comes_into_the_book_when_it_is_triggered",
    "5 trailingDelta": "test_a_trailing_stop_follows_and_one_with_a_stop_price_begins_there",
    "5 LIMIT_MAKER": "test_a_maker_order_that_would_take_is_refused_and_one_that_rests_is_a_maker",
    "5 pegged": "test_a_pegged_price_is_taken_from_the_book_as_the_order_comes",
    "5 quoteOrderQty": "test_a_quote_quantity_buys_what_it_pays_and_sells_what_brings_it",
    "5 strategyId, icebergQty": "test_an_order_tells_what_it_was_asked_with",
    "5 FULL": "test_a_full_answer_tells_each_fill_and_the_sums",
    "5 -2010 balance": "test_what_can_not_be_paid_is_refused",
    "5 what is locked": "test_what_an_order_holds_can_not_be_spent_by_another",
    "5 IOC, FOK, GTC": "test_what_a_time_in_force_does",
    "5 -2039": "test_ids_that_do_not_agree_are_refused",
    "5 cancelRestrictions": "test_a_cancel_may_be_restricted_to_new_or_to_partly_filled_orders",
    "5 -2021, -2022": "test_a_cancel_that_fails_stops_the_new_order_or_not",
    "5 -2021 with the cancel done": "test_a_new_order_that_fails_leaves_the_cancel_done",
    "5 filters before the cancel": "test_what_the_filters_refuse_cancels_nothing",
    "5 CANCEL_ONLY": "test_beyond_the_limit_on_orders_the_cancel_alone_may_be_asked_for",
    "5 -2038": "test_an_amendment_lies_between_what_is_filled_and_what_was_asked",
    "5 MAX_NUM_ORDER_AMENDS": "test_an_amendment_keeps_to_the_step_and_to_how_often_it_may_be_done",
    "5 commission in what is received": "test_commission_is_taken_from_what_is_received",
    "5 BNB": "test_commission_may_be_paid_in_a_third_asset_at_a_fixed_price",
    "5 OCO types": "test_which_types_may_stand_above_and_below",
    "5 OCO prices": "test_the_market_lies_between_the_legs",
    "5 OCO of a buy": "test_a_buy_oco_is_the_other_way_round_and_holds_the_dearer_leg",
    "5 OCO_TRIGGER": "test_the_first_leg_that_fills_even_in_part_expires_the_other",
    "5 both legs triggered at once": "test_a_trade_that_triggers_both_legs_works_one_of_them",
    "5 a leg's cancel": "test_cancelling_one_leg_cancels_the_list",
    "5 PENDING_NEW in the answer": "test_a_working_order_that_fills_at_once_is_answered_with_its_legs_pending",
    "5 OTO_PHASE_ONE_EXPIRED": "test_when_the_working_order_ends_otherwise_its_legs_do_too",
    "5 STP modes": "test_orders_of_one_account_do_not_meet",
    "5 STP only where orders would meet": "test_an_own_order_behind_the_market_is_not_met",
    "6 candles by time zone, -1120": "test_candles_by_range_by_time_zone_and_of_no_interval",
    "6 weeks, months": "test_weeks_begin_on_monday_and_months_on_their_first",
    "7 frames, ids": "test_an_answer_carries_its_id_its_status_and_the_limits",
    "7 what is no request": "test_what_is_no_request_is_refused",
    "7 returnRateLimits": "test_limits_are_left_out_on_demand_of_a_call_or_of_the_connection",
    "7 logon with Ed25519 only": "test_a_session_is_not_logged_on_with_hmac",
    "7 revoked key": "test_a_key_that_is_revoked_ends_the_session_with_a_word",
    "7 409": "test_a_partly_failed_replace_is_409_over_the_socket_too",
    "8 balanceUpdate, externalLockUpdate": "test_deposits_withdrawals_and_locks_from_outside_are_told",
    "8 -2042": "test_a_connection_has_so_many_subscriptions_in_its_life",
    "8 no replay": "test_nothing_is_replayed_to_a_connection_that_comes_back",
    "8 executionReport": "test_a_marketable_order_is_told_as_new_and_then_by_its_trades",
    "8 executionReport of a cancel": "test_a_cancel_is_told_with_its_own_id_and_the_order_s",
    "8 conditional fields": "test_an_event_carries_what_the_order_has",
    "8 no report of a refusal": "test_a_refused_order_is_told_to_nobody",
    "8 REJECTED in a list": "test_a_leg_that_is_refused_as_its_turn_comes_is_told_why_and_ends_the_list",
    "9 SUBSCRIBE, combined": "test_streams_are_subscribed_to_by_path_and_live_and_wrapped_where_asked",
    "9 properties": "test_subscriptions_are_listed_ended_and_wrapped_on_demand",
    "9 errors": "test_what_is_no_subscription_is_refused",
    "9 local book": "test_a_book_kept_from_its_changes_is_the_book_that_is_told",
    "10 503": "test_in_maintenance_every_door_is_shut",
    "10 -1104": "test_a_parameter_that_nobody_reads_is_refused",
    "10 404": "test_there_is_nothing_at_another_path",
}  # fmt: skip

#: Section 11, in the page's words; behind " — " which part, where it takes more than one test.
MUST_HAVES = {
    "raw-byte signature check": "test_the_bytes_are_signed_and_not_what_they_mean",
    "recvWindow maths": "test_a_call_is_good_within_its_window",
    "weight and order counters with headers and 429->418 escalation — weight":
        "test_too_much_weight_is_429_and_going_on_is_418_for_longer_each_time",
    "weight and order counters with headers and 429->418 escalation — orders":
        "test_too_many_orders_are_429_until_the_window_turns",
    "filters in this table with exact `Filter failure: X`": "test_a_filter_refuses_by_its_name",
    "FULL/RESULT/ACK": "test_the_three_forms_of_an_answer_and_the_usual_one_of_each_type",
    "balances free/locked moved at NEW/CANCEL/TRADE": "test_a_buy_locks_its_quote_and_a_sale_its_base_until_they_end",
    "executionReport before or after the REST answer (both orders must be survivable)":
        "test_answers_leave_before_their_events_or_behind_them",
    "no listenKey": "test_the_listen_key_is_gone_over_every_door",
    "two subscribe methods": "test_events_are_subscribed_to_by_a_session_or_by_a_signature_once_per_account",
    "20 s ping/60 s pong": "test_a_connection_is_pinged_and_cut_off_when_it_does_not_answer",
    "24 h close and serverShutdown": "test_a_connection_is_closed_after_a_day_and_told_before",
    "depth U/u continuity with a gap knob": "test_a_gap_in_the_changes_shows_in_their_ids",
    "5xx/-1007 after acceptance": "test_an_order_is_accepted_and_its_answer_is_that_nobody_knows",
    "clock skew knob": "test_a_skewed_clock_refuses_honest_calls_and_tells_its_own_time",
    "duplicate newClientOrderId": "test_a_client_id_is_made_if_none_is_given_and_is_unique_among_open_orders",
    "EXPIRED paths": "test_market_without_liquidity_expires_and_with_too_little_its_rest_does",
    "OTOCO for bracket exits": "test_an_otoco_is_a_bracket",
}  # fmt: skip

#: What holds over long runs, beyond the page.
SOAK = {
    "conservation": "test_money_and_goods_are_conserved_over_a_long_run",
    "random clients": "test_random_clients_find_the_books_right",
    "determinism": "test_the_same_seed_says_the_same_bytes",
    "bounded memory": "test_what_is_kept_is_bounded",
}

#: Knobs of the venue, states of its trouble, and what can be injected.
KNOBS = {
    "skew_ns": "test_a_skewed_clock_refuses_honest_calls_and_tells_its_own_time",
    "engine_delay_ns": "test_a_call_is_judged_again_before_the_engine",
    "answer_delay_ns": "test_answers_leave_before_their_events_or_behind_them",
    "event_delay_ns": "test_answers_leave_before_their_events_or_behind_them",
    "events_first": "test_answers_leave_before_their_events_or_behind_them",
    "unknown_answers": "test_an_order_is_accepted_and_its_answer_is_that_nobody_knows",
    "depth_gaps": "test_a_gap_in_the_changes_shows_in_their_ids",
    "references": "test_the_other_streams_come_each_second",
    "life_ns": "test_a_connection_is_closed_after_a_day_and_told_before",
    "warning_ns": "test_a_connection_is_closed_after_a_day_and_told_before",
    "ping_ns": "test_a_connection_is_pinged_and_cut_off_when_it_does_not_answer",
    "pong_ns": "test_a_connection_is_pinged_and_cut_off_when_it_does_not_answer",
    "listen_key_status": "test_the_listen_key_is_gone_over_every_door",
    "hidden_ns": "test_an_accepted_order_is_not_found_for_a_while",
    "stale_ns": "test_balances_and_open_orders_are_told_as_they_were",
    "maintenance": "test_in_maintenance_every_door_is_shut",
    "silent": "test_silent_streams_lose_what_they_would_have_said",
    "late_fill": "test_a_late_fill_is_told_after_the_order_s_end",
    "overfill": "test_an_overfill_is_more_than_was_asked_for",
    "changed_rules": "test_changed_rules_are_published_and_applied",
    "foreign_order": "test_somebody_else_orders_and_closes_in_the_account",
    "manual_close": "test_somebody_else_orders_and_closes_in_the_account",
    "exit_cancelled": "test_a_resting_sale_expires_unasked",
    "exits_refused": "test_sales_are_refused_for_a_while",
    "limited_until": "test_limits_are_used_up_and_an_address_is_banned_until_the_end_of_it",
    "banned_until": "test_limits_are_used_up_and_an_address_is_banned_until_the_end_of_it",
    "bans": "test_limits_are_used_up_and_an_address_is_banned_until_the_end_of_it",
    "races": "test_races_wait_for_their_occasion_and_are_counted",
    "raced": "test_races_wait_for_their_occasion_and_are_counted",
    "cancel_meets_fill": "test_a_cancel_that_meets_a_fill_is_refused_as_of_an_unknown_order",
    "fill_before_ack": "test_a_fill_is_told_before_the_placing_is_answered",
    "replace_error_after": "test_a_change_is_made_and_counted_as_a_race",
}

#: What independent clients show.
CLIENTS = {
    "SDK: the whole way, sums agree":
        "test_the_sdk_places_fills_cancels_replaces_queries_and_streams_and_the_sums_agree",
    "SDK: every answer typed": _SDK,
    "SDK: errors": "test_the_sdk_is_told_of_errors_by_their_codes",
    "SDK: every stream": "test_the_sdk_reads_every_market_stream",
    "ccxt: the whole way, sums agree": "test_ccxt_places_fills_cancels_replaces_and_queries_and_the_sums_agree",
    "ccxt: errors": "test_ccxt_names_errors_as_it_does_at_the_true_venue",
    "ccxt.pro: streams": "test_ccxt_pro_watches_orders_balances_and_the_market",
    "docs": "test_the_example_of_the_page_runs",
}  # fmt: skip

#: What the site has and the page does not list: why.
BEYOND = {
    "GET /uiKlines": "the venue's chart asks for candles by this name",
    "GET /order/amendments": "what was amended, beside the amendment",
    "POST /order/oco": "the old form of an OCO, which the page calls deprecated and clients still send",
    "each endpoint by its method": "the table of endpoints, each by its name over the socket",
    "!miniTicker@arr": "the short figures of all symbols, in the place of those that were retired",
}

#: What the page lists and the simulator leaves out: why.
LEFT_OUT = {"userDataStream.subscribe.listenToken": "of margin accounts only; the venue here is spot"}

POINTS = {
    f"{group}: {point}": test
    for group, points in (
        ("endpoint", ENDPOINTS), ("method", METHODS), ("stream", STREAMS), ("rule", RULES), ("must-have", MUST_HAVES),
        ("soak", SOAK), ("knob", KNOBS), ("client", CLIENTS),
    )
    for point, test in points.items()
}  # fmt: skip
