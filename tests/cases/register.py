"""Which failure of others is shown by which case, by its number in the list of real failures.

Of some numbers the rules' side stands elsewhere: whether an order may go. Here is what then leaves, and what becomes
of it.
"""

from __future__ import annotations

#: Number → file of the cases and their names, without test_ and test_case_.
CASES: dict[int, tuple[str, tuple[str, ...]]] = {
    1: ("lost_answers", (
        "ccxt_2599_an_order_whose_answer_was_lost_is_bought_once",
        "ccxt_2599_a_request_that_broke_off_unread_opens_nothing",
    )),
    2: ("lost_answers", ("alpaca_py_504_an_order_leaves_once_whatever_a_gateway_says",)),
    3: ("lost_answers", ("hummingbot_6033_an_order_answered_with_503_is_not_forgotten",)),
    4: ("lost_answers", ("hummingbot_601_an_order_not_found_at_first_is_not_sent_again",)),
    5: ("lost_answers", ("hummingbot_8457_accepted_orders_outlive_an_outage",)),
    6: ("lost_answers", ("nautilus_4160_a_fill_told_by_nobody_but_the_answer_is_a_fill",)),
    7: ("streams", ("nautilus_3436_a_stream_faster_than_its_answer_moves_nothing_backwards",)),
    8: ("streams", ("nautilus_3869_a_fill_that_no_stream_told_is_found",)),
    9: ("streams", ("alpaca_trade_api_499_a_stream_that_broke_is_opened_again",)),
    10: ("streams", ("tradestation_95_fills_missing_from_a_stream_that_beats_are_known",)),
    11: ("streams", ("hummingbot_2945_a_fill_told_again_is_booked_once",)),
    12: ("streams", (
        "nautilus_3770_a_real_overfill_is_booked_and_told_and_nothing_falls",
        "nautilus_3317_a_fill_told_again_under_another_number_is_not_booked",
    )),
    13: ("restarts", ("nautilus_4736_a_restart_makes_no_fill_of_its_own",)),
    14: ("restarts", ("nautilus_5000_orders_at_work_are_known_after_a_kill",)),
    15: ("restarts", ("nautilus_3176_what_others_did_has_the_same_name_after_each_restart",)),
    16: ("restarts", ("freqtrade_13399_a_restart_gives_no_trade_the_orders_of_the_one_before",)),
    17: ("fills", ("hummingbot_3374_orders_without_an_answer_are_found_and_cancelled",)),
    18: ("fills", ("freqtrade_1858_what_filled_before_its_cancel_is_not_bought_again",)),
    19: ("fills", ("freqtrade_8374_an_exit_sells_what_was_bought_and_no_more",)),
    20: ("fills", ("freqtrade_3802_an_exit_that_filled_in_part_goes_on_until_it_is_out",)),
    21: ("fills", ("alpaca_306_a_change_that_was_answered_with_an_error_is_one_order",)),
    22: ("fills", ("nautilus_963_a_flip_closes_and_opens_and_no_exit_opens",)),
    23: ("fills", ("freqtrade_2478_a_fee_in_the_base_is_not_owned_and_not_sold",)),
    24: ("fills", ("ccxt_393_no_step_of_a_size_is_lost_or_added",)),
    25: ("times", ("python_binance_746_a_clock_that_jumps_loses_no_order",)),
    26: ("times", (
        "freqtrade_7187_what_a_venue_forbids_is_not_asked_for_until_it_allows_it",
        "freqtrade_7187_under_a_ban_nothing_leaves_at_all",
    )),
    27: ("times", ("hummingbot_462_refused_orders_do_not_go_on_for_a_day",)),
    28: ("times", ("python_binance_28_after_days_a_stream_still_tells",)),
    29: ("times", ("freqtrade_2889_maintenance_ends_nothing_but_openings",)),
    30: ("times", ("freqtrade_5621_a_full_disk_opens_nothing_and_closes_all_the_same",)),
    31: ("changes", ("alpaca_py_469_a_split_moves_no_money_and_leaves_no_stop_of_before",)),
    32: ("times", ("lean_5152_a_market_is_open_when_it_is",)),
}  # fmt: skip
