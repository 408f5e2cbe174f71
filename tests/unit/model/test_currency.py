"""Sums of money for looking at."""

from __future__ import annotations

import pytest

from tradewright.app.screen import money
from tradewright.model.currency import decimals_of
from tradewright.model.numbers import money_of


def test_a_coin_is_shown_to_its_smallest_unit_and_other_money_in_cents() -> None:
    assert [decimals_of(currency) for currency in ("BTC", "eth", "USD", "USDT", "ACME")] == [8, 8, 2, 2, 2]


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1234567.891", "USD", "1,234,567.89"), ("-0.5", "USD", "-0.50"), ("0", "USD", "0.00"),
        ("9.759137322531863377", "BTC", "9.75913732"), ("-1234.00000001", "BTC", "-1,234.00000001"),
    ],
)  # fmt: skip
def test_money_is_written_exactly_and_cut(amount: str, currency: str, text: str) -> None:
    assert money(money_of(amount, "amount"), currency) == text
    assert money(None, currency) == "unknown"
