"""Names of legs: ours at the venue, and the venue's as the engine keeps them."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from tradewright.adapters.chain.names import LEGS_MAX, leg_name, leg_of, read_venue_name, venue_name

LEGS = st.integers(0, LEGS_MAX)


@given(st.from_regex(r"[A-Za-z0-9-]{1,31}", fullmatch=True), LEGS)
def test_a_leg_is_named_so_that_it_leads_back_and_fits_every_venue(order_id: str, leg: int) -> None:
    name = leg_name(order_id, leg)
    assert len(name) <= 36 and leg_of(name) == (order_id, leg)


@given(st.text(max_size=40))
def test_other_names_lead_nowhere_or_to_themselves(text: str) -> None:
    order_id, leg = leg_of(text)
    assert not order_id or leg_name(order_id, leg) == text


@given(st.text(min_size=1, max_size=40), LEGS)
@example("7", 0)
@example("7", 9999)
@example("ab-c_12", 0)
@example("6f1e_0", 1)
def test_the_venues_name_of_an_order_says_which_leg_it_is(venue_id: str, leg: int) -> None:
    assert read_venue_name(venue_name(venue_id, leg)) == (venue_id, leg)
    assert read_venue_name("") == ("", 0)
