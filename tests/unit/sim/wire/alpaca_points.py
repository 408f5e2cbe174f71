"""What a simulated Alpaca must show: each endpoint, rule and knob of the venue's documents, and the test that shows it.

Tests stand in the files test_alpaca_*.py beside this one, and in tests/e2e/test_alpaca_clients.py (the clients).
"""

from __future__ import annotations

_ASYNC = "2 async life-cycle (POST answers before `new`/fill events; sometimes the fill event precedes the HTTP answer)"

#: Method and path, as the site routes them → the test.
ENDPOINTS = {
    "GET /v2/account": "test_the_account_object_has_its_fields_as_text_and_nothing_of_day_trading",
    "GET /v2/account/configurations": "test_settings_are_read_and_changed",
    "PATCH /v2/account/configurations": "test_settings_are_read_and_changed",
    "POST /v2/orders": "test_the_order_object_has_every_field_and_its_numbers_are_text",
    "GET /v2/orders": "test_orders_are_listed_by_status_time_id_symbol_side_and_class",
    "GET /v2/orders/*": "test_the_answer_comes_first_then_new_then_the_fill",
    "GET /v2/orders:by_client_order_id": "test_a_client_order_id_is_unique_for_ever",
    "PATCH /v2/orders/*": "test_a_replacement_is_a_new_order_with_a_new_id",
    "DELETE /v2/orders/*": "test_a_cancel_is_taken_with_204_and_a_fill_may_win_the_race",
    "DELETE /v2/orders": "test_cancelling_all_answers_for_each_order",
    "GET /v2/positions": "test_positions_are_closed_whole_in_part_and_all_at_once",
    "GET /v2/positions/*": "test_a_crypto_position_has_no_slash_and_is_found_by_any_name",
    "DELETE /v2/positions": "test_positions_are_closed_whole_in_part_and_all_at_once",
    "DELETE /v2/positions/*": "test_positions_are_closed_whole_in_part_and_all_at_once",
    "GET /v2/assets": "test_assets_are_listed_and_found",
    "GET /v2/assets/*": "test_assets_are_listed_and_found",
    "GET /v2/clock": "test_the_clock_knows_sessions",
    "GET /v2/calendar": "test_the_calendar_has_days_with_their_hours_and_settlement",
    "GET /v3/clock": "test_the_newer_clock_names_the_phase",
    "GET /v3/calendar/*": "test_the_newer_calendar_has_the_phases_of_a_market",
    "GET /v2/account/activities": "test_activities_are_paged_and_chosen",
    "GET /v2/account/activities/*": "test_activities_are_paged_and_chosen",
    "GET /v2/account/portfolio/history": "test_the_history_follows_the_equity",
    "GET /v2/stocks/*": "test_trades_quotes_and_the_latest_of_shares",
    "GET /v1beta3/crypto/us/*": "test_crypto_by_rest",
}

#: Sockets.
STREAMS = {
    "/stream": "test_the_trade_stream_authenticates_and_listens_in_binary_frames",
    "/v2/iex": "test_the_data_stream_speaks_first_and_each_frame_is_an_array",
    "/v2/sip": "test_errors_before_and_while_authenticating",
    "/v2/delayed_sip": "test_every_feed_of_shares_says_the_same",
    "/v2/test": "test_every_feed_of_shares_says_the_same",
    "/v1beta3/crypto/us": "test_crypto_has_its_taker_side_and_its_book",
    "/v1beta1/news": "test_a_stream_that_is_not_there_is_refused",
}

#: What the documents say, in the order of their reading → the test.
RULES = {
    # Envelope
    "keys in headers or a bearer token": "test_keys_stand_in_two_headers_or_a_bearer_token",
    "401 and 403 without a code": "test_missing_and_wrong_keys_are_refused_without_a_code",
    "numbers as text in answers, as text or number in requests": (
        "test_numbers_come_as_text_or_number_and_an_asset_by_any_of_its_names"
    ),
    "malformed bodies: 400": "test_a_body_that_is_no_json_object_is_malformed",
    "no body breaks the venue": "test_no_body_breaks_the_venue",
    "X-Request-ID": "test_every_answer_has_an_id_of_its_request",
    "unknown paths and methods": "test_what_is_not_there_is_not_found",
    # Account
    "account fields": "test_the_account_object_has_its_fields_as_text_and_nothing_of_day_trading",
    "buying power by multiplier 1, 2, 4": "test_buying_power_by_multiplier",
    "open orders reduce buying power, shorts at max(limit, ask × 1.03)": (
        "test_working_orders_take_from_the_buying_power_and_give_it_back"
    ),
    "no day trading rule by default": "test_day_trades_are_free_by_default",
    "legacy day trading rule": "test_the_legacy_switch_denies_the_fourth_day_trade",
    "600 % of equity: closing only": "test_more_than_six_times_the_equity_allows_closing_only",
    "crypto is not marginable": "test_crypto_is_bought_from_cash_alone",
    "last equity and last maintenance margin": "test_last_equity_is_that_of_the_last_close",
    "suspended by the user": "test_a_suspended_account_places_nothing",
    # Orders
    "fields, types, prices, classes that are refused": "test_what_can_not_be_an_order_is_refused_with_its_code",
    "their twins that are taken": "test_what_the_refusals_vary_is_taken",
    "asset ids as symbols": "test_an_asset_is_found_by_its_id",
    "assets that are not tradable or fractionable": "test_suspended_and_unfractionable_assets_say_so",
    "auction orders and when they are refused": "test_auctions_take_orders_until_shortly_before_them",
    "auction orders fill in the auction": "test_orders_for_the_auctions_trade_there",
    "buy stops become stop-limits, sell stops market": (
        "test_a_stop_to_buy_is_worked_as_a_stop_limit_and_one_to_sell_as_market"
    ),
    "fractions and notionals": "test_fractions_of_a_share_fill_in_fractions",
    "minimum cost": "test_an_order_has_a_minimum_cost",
    "fractions in extended hours": "test_a_fraction_in_extended_hours_needs_the_assets_attribute",
    "extended hours": "test_extended_hours_trade_limit_orders_before_and_behind_the_session",
    "the night": "test_only_some_assets_trade_at_night",
    "disable_overnight_trading": "test_the_night_is_switched_off_by_a_setting",
    "queued for the next open": "test_an_order_outside_of_the_session_waits_for_the_next_open",
    "brackets": "test_exits_of_a_bracket_are_held_until_the_entry_is_filled_whole",
    "a partial profit shrinks the stop": "test_a_partial_profit_makes_the_stop_loss_smaller",
    "cancel any, rest cancelled": "test_cancelling_one_of_a_bracket_cancels_the_rest",
    "cancel an exit at work": "test_cancelling_an_exit_at_work_cancels_the_other",
    "replacing inside a group": "test_an_exit_of_a_bracket_is_replaced_inside_its_group",
    "replacing what is held": "test_a_held_exit_and_a_waiting_entry_are_replaced",
    "OCO": "test_an_oco_is_two_exits_of_which_one_fills",
    "OCO's type and base price": "test_an_oco_needs_no_type_and_its_exits_may_be_in_the_right_order_only",
    "OTO": "test_an_oto_has_one_exit",
    "wash trades": "test_an_order_against_ones_own_is_a_wash_trade",
    "trailing stops by price and percent, hwm": "test_a_trailing_stop_follows_the_market_and_shows_its_mark",
    "trailing stops trigger in the session only": "test_a_trailing_stop_triggers_in_the_regular_session_only",
    "trail is replaced": "test_the_distance_of_a_trailing_stop_is_replaced",
    "order object": "test_the_order_object_has_every_field_and_its_numbers_are_text",
    "immediate orders": "test_immediate_orders_end_at_once",
    "nested lists": "test_nested_lists_have_legs_inside_their_parents",
    # Life-cycle
    "answers before events": "test_the_answer_comes_first_then_new_then_the_fill",
    "partial fills with execution and position": "test_a_fill_tells_its_execution_and_the_position_behind_it",
    "paper fills: no size check, random parts": (
        "test_fills_of_the_paper_venue_look_at_no_sizes_and_some_are_random_parts_in_whole_shares"
    ),
    "what is not cancelable": "test_what_ended_is_not_cancelable",
    "cancelling what waits": "test_a_waiting_order_is_cancelled_before_it_works",
    "replacement loses the race": "test_a_replacement_that_loses_the_race_is_rejected",
    "replacement of a partly filled order": "test_a_part_that_fills_on_the_way_is_taken_off_the_replacement",
    "what may be replaced": "test_what_a_replacement_may_change",
    "states that refuse a replacement": "test_an_order_on_its_way_is_not_replaced",
    "notional and fractional orders": "test_notional_and_fractional_orders_are_not_replaced_in_size",
    "buying power of a replacement": "test_a_replacement_holds_the_larger_of_the_two",
    "a replacement is paid for": "test_a_replacement_is_paid_for_too",
    "expiry of DAY and GTC": "test_a_day_order_expires_at_the_close_and_a_gtc_order_after_ninety_days",
    "expiry of what waits": "test_a_waiting_day_order_expires_where_no_price_ever_came",
    "crypto around the clock": "test_crypto_trades_on_sundays",
    # trade_updates
    "binary frames": "test_the_trade_stream_authenticates_and_listens_in_binary_frames",
    "both ways to authenticate": "test_the_other_form_of_authentication_is_taken_too",
    "unauthorized": "test_who_is_not_authorized_hears_nothing",
    "the list replaces": "test_a_list_of_streams_replaces_the_one_before",
    "msgpack on request": "test_the_trade_stream_speaks_msgpack_where_the_upgrade_asks_for_it",
    "memory is bounded, client ids are kept": "test_old_orders_and_fills_are_forgotten_and_their_client_ids_are_not",
    "no replay": "test_a_new_trade_stream_is_not_told_what_happened_before",
    "nonsense from clients": "test_nonsense_does_not_end_a_trade_stream",
    "pings and ends": "test_pings_are_answered_and_the_end_is_heard",
    "the stream, the orders and the ledger agree": "test_the_books_agree_whatever_is_asked",
    # Activities, positions, assets
    "activities: pages, filters": "test_activities_are_paged_and_chosen",
    "fees": "test_fees_are_activities_of_their_own",
    "history": "test_the_history_follows_the_equity",
    "position object": "test_a_position_says_what_it_is_worth",
    "short positions": "test_a_short_position_counts_the_other_way",
    "no order turns a position over": "test_a_position_is_not_turned_over_by_one_order",
    "asset object, easy_to_borrow": "test_assets_are_listed_and_found",
    "accounts are apart": "test_two_accounts_do_not_see_each_other",
    # Errors and limits
    "insufficient buying power": "test_too_little_buying_power_says_how_much_there_is",
    "insufficient qty": "test_shares_held_for_orders_are_not_there_for_others",
    "no short sales": "test_who_may_not_short_is_told",
    "429 with headers": "test_so_many_requests_a_minute_and_account_are_answered",
    "limits of the plans": "test_the_limits_are_those_of_the_plans",
    "500 of an unknown outcome": "test_an_order_may_be_accepted_and_answered_with_500",
    # Market data
    "hand-shake, subscribe, unsubscribe, wildcard": "test_the_data_stream_speaks_first_and_each_frame_is_an_array",
    "msgpack with timestamps": "test_msgpack_has_timestamps_as_an_extension_to_the_nanosecond",
    "errors 400, 403, 410": "test_errors_of_an_open_data_stream",
    "errors 401, 402, 405, 409, 411": "test_errors_before_and_while_authenticating",
    "error 404": "test_who_does_not_authenticate_in_time_is_sent_away",
    "error 406": "test_one_connection_per_endpoint_and_key",
    "error 407": "test_a_client_that_is_too_slow_is_sent_away",
    "trades, quotes, minute and daily bars": "test_shares_are_told_as_trades_quotes_and_bars",
    "statuses": "test_a_halted_share_takes_orders_and_trades_when_it_goes_on",
    "limit bands": "test_a_share_s_limit_band_is_told_while_its_session_lasts",
    "corrections, cancels, updated bars": "test_a_trade_is_taken_back_or_corrected_and_its_bar_told_anew",
    "crypto: taker side and order book": "test_crypto_has_its_taker_side_and_its_book",
    "bars: pages, sorting, single symbol": "test_bars_come_in_pages_by_symbol_and_time",
    "time frames": "test_bars_are_joined_to_longer_ones",
    "parameters that are none": "test_parameters_of_market_data_that_are_none",
    "trades, quotes, latest, snapshots": "test_trades_quotes_and_the_latest_of_shares",
    "recent data on the free plan": "test_the_free_plan_has_no_recent_data_of_all_exchanges",
    "days across clock changes": "test_a_day_of_shares_begins_at_midnight_in_new_york_also_when_clocks_change",
}

#: The page's words on market data by REST → the test. The routes are two, with the rest of the path as the caller's.
DATA = {
    "/v2/stocks/bars": "test_bars_come_in_pages_by_symbol_and_time",
    "/v2/stocks/*/bars": "test_bars_come_in_pages_by_symbol_and_time",
    "/v2/stocks/trades": "test_trades_quotes_and_the_latest_of_shares",
    "/v2/stocks/quotes": "test_trades_quotes_and_the_latest_of_shares",
    "/v2/stocks/snapshots": "test_trades_quotes_and_the_latest_of_shares",
    "…/latest": "test_trades_quotes_and_the_latest_of_shares",
    "/v1beta3/crypto/us/bars": "test_crypto_by_rest",
    "/v1beta3/crypto/us/trades": "test_crypto_by_rest",
    "/v1beta3/crypto/us/latest": "test_crypto_by_rest",
}

#: The page's distilled list of must-haves, in its words; behind " — " which part, where it takes more than one test.
MUST_HAVES = {
    "1 strings for numbers": "test_the_order_object_has_every_field_and_its_numbers_are_text",
    _ASYNC + " — the answer first": "test_the_answer_comes_first_then_new_then_the_fill",
    _ASYNC + " — the fill first": "test_a_fill_may_come_before_the_answer",
    "3 binary frames": "test_the_trade_stream_authenticates_and_listens_in_binary_frames",
    "4 204/207 semantics — 204": "test_a_cancel_is_taken_with_204_and_a_fill_may_win_the_race",
    "4 204/207 semantics — 207": "test_cancelling_all_answers_for_each_order",
    "5 unique client ids forever": "test_a_client_order_id_is_unique_for_ever",
    "6 held_for_orders accounting -> qty_available and 403": "test_shares_held_for_orders_are_not_there_for_others",
    "7 sub-penny 422": "test_what_can_not_be_an_order_is_refused_with_its_code",
    "8 replace gives a new id and race loss path — the id": "test_a_replacement_is_a_new_order_with_a_new_id",
    "8 replace gives a new id and race loss path — the race": "test_a_replacement_that_loses_the_race_is_rejected",
    "9 bracket legs `held`": "test_exits_of_a_bracket_are_held_until_the_entry_is_filled_whole",
    "10 PDT fields absent by default, legacy switch — absent": (
        "test_the_account_object_has_its_fields_as_text_and_nothing_of_day_trading"
    ),
    "10 PDT fields absent by default, legacy switch — switch": "test_the_legacy_switch_denies_the_fourth_day_trade",
    "11 429 with headers": "test_so_many_requests_a_minute_and_account_are_answered",
}

#: The knobs that the last of the must-haves asks for, in the page's words.
PAGE_KNOBS = {
    "drop stream": "test_streams_are_dropped_and_may_stay_silent",
    "duplicate event": "test_an_event_may_come_twice",
    "REST lag between orders and positions": "test_positions_balances_and_open_orders_may_be_stale",
    "500 after accepting the order": "test_an_order_may_be_accepted_and_answered_with_500",
    "partial fills": "test_a_partial_profit_makes_the_stop_loss_smaller",
    "half-day calendar": "test_a_half_day_closes_at_one",
    "DST": "test_the_session_moves_with_the_clock_change",
}

#: Knobs and faults, by their name in the code.
KNOBS = {
    "ack_ns": "test_requests_take_as_long_as_is_set",
    "sizes": "test_a_fill_tells_its_execution_and_the_position_behind_it",
    "legacy_pdt": "test_the_legacy_switch_denies_the_fourth_day_trade",
    "plan": "test_the_free_plan_has_no_recent_data_of_all_exchanges",
    "requests_per_minute": "test_so_many_requests_a_minute_and_account_are_answered",
    "data_requests_per_minute": "test_the_limits_are_those_of_the_plans",
    "symbols_max": "test_errors_before_and_while_authenticating",
    "auth_ns": "test_who_does_not_authenticate_in_time_is_sent_away",
    "slow_frames": "test_a_client_that_is_too_slow_is_sent_away",
    "late_answers": "test_a_fill_may_come_before_the_answer",
    "suspended": "test_suspended_and_unfractionable_assets_say_so",
    "unfractionable": "test_suspended_and_unfractionable_assets_say_so",
    "unshortable": "test_who_may_not_short_is_told",
    "overnight": "test_only_some_assets_trade_at_night",
    "overnight_halted": "test_only_some_assets_trade_at_night",
    "fractional_eh": "test_a_fraction_in_extended_hours_needs_the_assets_attribute",
    "keys_without_data": "test_errors_before_and_while_authenticating",
    "errors_after_accept": "test_an_order_may_be_accepted_and_answered_with_500",
    "errors_after_replace": "test_a_replacement_may_be_done_and_answered_with_500",
    "duplicate_events": "test_an_event_may_come_twice",
    "notices": "test_a_plan_may_have_no_statuses_and_no_bands",
    "wash_unprocessable": "test_a_wash_trade_is_refused_in_the_form_that_is_set",
    "done_for_day": "test_what_outlives_the_session_may_be_done_for_the_day",
    "halt": "test_a_halted_share_takes_orders_and_trades_when_it_goes_on",
    "drop_streams": "test_streams_are_dropped_and_may_stay_silent",
    "hidden_ns": "test_an_accepted_order_may_be_hidden_from_look_ups",
    "stale_ns": "test_positions_balances_and_open_orders_may_be_stale",
    "maintenance": "test_in_maintenance_every_request_is_refused",
    "silent": "test_streams_are_dropped_and_may_stay_silent",
    "late_fill": "test_an_ended_order_is_filled_late",
    "overfill": "test_an_order_is_filled_by_more_than_was_asked_for",
    "changed_rules": "test_increments_and_minimums_become_coarser",
    "foreign_order": "test_somebody_else_orders_and_closes",
    "manual_close": "test_somebody_else_orders_and_closes",
    "exit_cancelled": "test_an_exit_that_rests_is_cancelled_unasked_and_its_pair_with_it",
    "exits_refused": "test_what_would_close_is_refused_and_a_bracket_stands_without_its_exits",
    "limited_until": "test_limits_are_used_up_and_an_address_is_banned_until_the_end_of_it",
    "banned_until": "test_limits_are_used_up_and_an_address_is_banned_until_the_end_of_it",
    "bans": "test_limits_are_used_up_and_an_address_is_banned_until_the_end_of_it",
    "races": "test_races_wait_for_their_occasion_and_are_counted",
    "raced": "test_races_wait_for_their_occasion_and_are_counted",
    "cancel_meets_fill": "test_a_cancel_that_meets_a_fill_is_refused_as_of_an_order_that_is_filled",
    "fill_before_ack": "test_a_fill_is_told_before_the_placing_is_answered",
    "replace_error_after": "test_a_change_is_made_and_counted_as_a_race",
}

#: Independent clients.
CLIENTS = {
    "TradingClient and TradingStream": "test_alpaca_py_places_fills_in_part_cancels_replaces_queries_and_streams",
    "TradingClient, the rest": "test_alpaca_py_reads_all_the_rest_of_the_account",
    "StockHistoricalDataClient and CryptoHistoricalDataClient": "test_alpaca_py_reads_market_data_in_pages",
    "StockDataStream and CryptoDataStream": "test_alpaca_py_streams_shares_and_crypto",
    "limits and keys": "test_alpaca_py_is_told_of_limits_and_wrong_keys",
    "ccxt.pro.alpaca": "test_ccxt_places_fills_in_part_cancels_replaces_queries_and_streams",
    "ccxt.alpaca beside alpaca-py": "test_both_clients_see_the_same_account",
    "the example of the documentation": "test_the_example_of_the_page_runs",
}

#: What the site has and the page does not list: why.
BEYOND = {
    "GET /v2/stocks/*": "one route for all that DATA names of shares",
    "GET /v1beta3/crypto/us/*": "one route for all that DATA names of crypto",
    "/v2/delayed_sip": "a feed that the official client names",
}

#: What the page lists and the simulator leaves out: why.
LEFT_OUT: dict[str, str] = {}

GROUPS = (ENDPOINTS, STREAMS, RULES, DATA, MUST_HAVES, PAGE_KNOBS, KNOBS, CLIENTS)
POINTS = {point: test for group in GROUPS for point, test in group.items()}
