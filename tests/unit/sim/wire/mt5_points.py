"""Every endpoint, rule and knob of the reference page on MetaTrader 5 → the test that shows it at the simulator.

KNOBS and ENDPOINTS are the page's own words; behind " — " which part, where it takes more than one test. A point is
shown by one test; others may show it too.
"""

from __future__ import annotations

#: Section 9, the last sentence.
KNOBS = {
    "netting/hedging": "test_in_a_netting_account_deals_average_reduce_and_turn_one_position",
    "exemode 1/2/3 — 1": "test_instant_execution_requotes_beyond_the_deviation_and_says_the_prices",
    "exemode 1/2/3 — 2": "test_market_execution_fills_at_the_market_whatever_price_was_asked_for",
    "exemode 1/2/3 — 3": "test_what_is_shown_bounds_a_fill_by_the_filling_asked_for",
    "filling flags": "test_auto_filling_takes_what_the_symbol_has",
    "stops/freeze level — stops": "test_stops_and_targets_keep_the_stops_level_from_where_they_would_close",
    "stops/freeze level — freeze": "test_near_its_trigger_a_position_is_frozen",
    "suffix set": "test_names_have_the_brokers_suffix_and_are_case_sensitive",
    "digits 2/3": "test_digits_and_tick_size_are_two_things_and_contracts_are_the_brokers",
    "cent account": "test_the_risk_of_a_position_is_in_the_account_currency",
    "EUR account": "test_the_risk_of_a_position_is_in_the_account_currency",
    "requote N times": "test_scripted_retcodes_come_first_and_do_nothing",
    "10018 weekend": "test_on_a_weekend_the_answer_says_how_long_to_wait",
    "10027": "test_what_the_broker_really_refuses_comes_through",
    "DONE_PARTIAL": "test_a_partial_fill_says_how_much",
    "order_send None after execution": "test_an_order_whose_outcome_is_not_known_is_found_by_its_id",
    "positions_get None (error) vs empty": "test_a_terminal_that_does_not_answer_is_503_and_no_empty_list",
    "server UTC+3 with DST change": "test_times_are_the_servers_wall_clock_and_summer_time_moves_it",
    "ticket vs position_id on reversal": "test_in_a_netting_account_the_ticket_changes_on_reversal_and_the_id_stays",
    "SL/TP hit with gap": "test_a_stop_loss_with_a_gap_is_filled_where_the_market_is",
    "stop-out": "test_below_the_stop_out_level_the_worst_position_is_closed_first",
    "truncated comment": "test_a_cut_comment_leaves_magic_time_and_volume_to_find_it_by",
    "stale snapshot": "test_stale_lists_say_what_was_and_hidden_orders_come_later",
}

#: Section 9: what is asked by which path.
ENDPOINTS = {
    "GET /health": "test_health_is_always_200_and_says_how_well_it_is",
    "/api/v1/health": "test_health_is_always_200_and_says_how_well_it_is",
    "GET /api/v1/account-summary": "test_account_summary_adds_up",
    "/account": "test_account_summary_adds_up",
    "GET /api/v1/open-positions?symbol&magic": "test_open_positions_have_every_field_and_both_names",
    "GET /api/v1/pending-orders": "test_a_pending_order_is_found_at_work_and_afterwards",
    "GET /api/v1/orders/*": "test_a_pending_order_is_found_at_work_and_afterwards",
    "GET /api/v1/history/deals?from&to&position_id": "test_deals_come_page_by_page_in_the_order_of_their_tickets",
    "GET /api/v1/price/*": "test_prices_symbols_and_bars",
    "GET /api/v1/history": "test_prices_symbols_and_bars",
    "GET /api/v1/symbols[?q]": "test_prices_symbols_and_bars",
    "/symbols/*": "test_prices_symbols_and_bars",
    "POST /api/v1/trades/open": "test_a_position_is_opened_reduced_by_percent_and_closed",
    "/orders": "test_the_alias_of_open_takes_the_same_body",
    "POST /api/v1/trades/close": "test_a_close_of_some_lots_takes_no_more_than_there_is",
    "/partial-close": "test_a_position_is_opened_reduced_by_percent_and_closed",
    "/trades/close-all": "test_close_all_tells_of_each_ticket",
    "/trades/modify": "test_modify_keeps_what_is_left_out_and_takes_away_what_is_null",
    "/trades/cancel": "test_a_pending_order_is_changed_by_modify",
    "GET /api/v1/events": "test_server_sent_events_are_fetched_from_a_number_on",
}

#: What else the page says must hold, section by section, in short.
RULES = {
    # 1 Objects
    "the fields of position, order and deal": "test_results_have_the_fields_of_the_package_in_its_order",
    "identifier is the position's id for life": "test_in_a_netting_account_deals_average_reduce_and_turn_one_position",
    "profit excludes swap and commission": "test_swaps_are_booked_at_the_servers_midnight_threefold_on_wednesday",
    "order_send may return None, then last_error": "test_a_lost_result_is_none_though_the_order_was_executed",
    "order_check says 0 when it is well": "test_order_check_says_what_order_send_would_and_does_nothing",
    "initialize, login, shutdown": "test_nothing_is_answered_before_initialize_and_none_is_not_empty",
    "symbol_info and symbols_get": "test_names_have_the_brokers_suffix_and_are_case_sensitive",
    "symbol_select": "test_a_symbol_in_use_can_not_be_hidden_and_a_hidden_one_not_traded",
    "copy_rates_*": "test_bars_are_made_of_bids_on_the_servers_clock",
    "copy_ticks_* and market_book_*": "test_ticks_and_depth_are_kept",
    "order_calc_margin": "test_margin_follows_the_calculation_mode",
    "order_calc_profit": "test_profit_is_in_the_currency_of_the_account",
    "positions_get: () for none, None for an error": "test_reads_that_fail_are_none_and_not_empty",
    # 2 Enumerations
    "the numbers of the package": "test_the_constants_have_the_names_and_numbers_of_the_package",
    "reason 4 is SL, 5 is TP, 3 is EXPERT": "test_a_take_profit_closes_at_its_price_and_a_short_is_closed_at_the_ask",
    "expirations": "test_orders_expire_at_their_time_on_the_servers_clock",
    "stop-limit orders": "test_a_stop_limit_turns_into_a_limit_when_its_stop_is_reached",
    # 3 Retcodes
    "each retcode refuses": "test_a_deal_is_refused_by_its_retcode_and_changes_nothing",
    "10025 is nothing to change": "test_sl_and_tp_are_set_together_and_what_is_left_out_is_removed",
    "10024": "test_too_many_requests_a_second_are_refused",
    "10033 and 10040": "test_positions_and_orders_are_bounded_by_the_account",
    "10036 on close is already closed": (
        "test_in_a_hedging_account_every_deal_opens_a_position_and_only_its_ticket_closes_it"
    ),
    "classes of retcodes as statuses": "test_each_refusal_of_the_broker_has_its_status",
    # 4 Netting and hedging
    "hedging: closed by position= alone": (
        "test_in_a_hedging_account_every_deal_opens_a_position_and_only_its_ticket_closes_it"
    ),
    "CLOSE_BY nets two": "test_two_opposite_positions_close_by_each_other",
    "netting: reduces, closes, reverses (INOUT)": (
        "test_in_a_netting_account_deals_average_reduce_and_turn_one_position"
    ),
    "exchange mode": "test_the_account_tells_its_mode_and_its_funds",
    "partial close: a multiple of step, the rest no less than the minimum, 10045": (
        "test_a_closing_deal_is_refused_for_its_size_its_side_and_its_turn"
    ),
    "the position's ticket is the opening order's": (
        "test_a_pending_order_waits_on_its_side_of_the_market_and_becomes_a_position"
    ),
    # 5 Filling modes
    "RETURN not for market orders in market execution; 10030": (
        "test_a_deal_is_refused_by_its_retcode_and_changes_nothing"
    ),
    "DONE_PARTIAL only with IOC or RETURN": "test_a_partial_fill_needs_a_filling_that_allows_it",
    "FOK, IOC, RETURN against what is shown": "test_what_is_shown_bounds_a_fill_by_the_filling_asked_for",
    # 6 Price, volume, stops
    "point and tick size": "test_digits_and_tick_size_are_two_things_and_contracts_are_the_brokers",
    "pending prices, 10015": "test_a_pending_order_waits_on_its_side_of_the_market_and_becomes_a_position",
    "SLTP sends both; one left out is removed": "test_sl_and_tp_are_set_together_and_what_is_left_out_is_removed",
    "a long's SL triggers on the bid, a short's on the ask": "test_a_short_stop_triggers_on_the_ask",
    "times are the server's wall clock": "test_times_are_the_servers_wall_clock_and_summer_time_moves_it",
    # 7 Symbols and risk
    "one visible candidate or an error; names are case-sensitive": "test_a_symbol_is_found_for_certain_or_not_at_all",
    "tick value in the account's currency": "test_tick_value_is_one_tick_of_a_lot_in_the_account_currency",
    "55.00, 500, 334.45, 50.00": "test_the_risk_of_a_position_is_in_the_account_currency",
    "no SL or no rate: risk_known false": (
        "test_without_a_stop_or_a_rate_the_risk_is_not_known_and_behind_the_price_it_is_nothing"
    ),
    # 8 The first connectors
    "an old client goes on working": "test_a_client_of_the_first_connectors_goes_on_working",
    "order-flow": "test_order_flow_counts_the_ticks_of_a_minute",
    "an empty list is no proof of flat": "test_soft_errors_are_the_empty_lists_of_the_first_connectors",
    "the poller keeps the last snapshot": "test_while_the_connector_can_not_say_the_last_snapshot_stays",
    "SL must be said; a wrong one is refused, not moved": "test_a_malformed_order_is_400_and_nothing_happens",
    # 9 The contract
    "Bearer": "test_without_the_token_nothing_but_health_is_answered",
    "X-Request-Id": "test_a_request_id_comes_back_in_header_and_body",
    "Idempotency-Key": "test_the_same_key_gives_the_same_answer_for_a_day_and_another_body_is_a_clash",
    "numbers by their exact decimals": "test_every_number_of_an_answer_is_its_exact_decimal",
    "times in UTC": "test_times_are_utc_whatever_the_server_clock_shows",
    "cursor paging by deal ticket": "test_deals_come_page_by_page_in_the_order_of_their_tickets",
    "deviation and max_slippage": "test_slippage_is_bounded_in_points_or_as_a_distance",
    "time and expiration": "test_an_order_expires_at_its_time",
    "unknown outcome": "test_an_unknown_outcome_is_kept_by_its_key_and_a_refusal_without_a_try_is_not",
    "retry_after of a closed market": "test_on_a_weekend_the_answer_says_how_long_to_wait",
    "events with a rising seq": "test_events_tell_the_life_of_positions_and_orders_in_rising_numbers",
    "troubles and injections": "test_each_injection_happens_where_something_stands_for_it",
    "races": "test_a_cancel_that_meets_a_fill_is_refused_as_of_an_order_that_is_not_at_work",
}

#: What the connector has and section 9 does not list: why.
BEYOND: dict[str, str] = {}

#: What the page tells of and the simulator leaves out: why.
LEFT_OUT = {
    "webhook": "a site has no socket of its own to call with; polling and the stream say the same",
    "workers/register, trade, status": "one connector is one terminal and one account",
    "market_book events": "the package has none; depth is fetched",
}
