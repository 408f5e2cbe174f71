"""What an account can not be."""

from __future__ import annotations

from typing import Any

import pytest

from tradewright.model.account import Account, new_code
from tradewright.model.errors import InputError


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"mode": "gross"}, "mode 'gross' is neither netting nor hedging"),
        ({"kind": "gold"}, "kind 'gold' is neither cash nor margin"),
        ({"leverage": 2}, "leverage 2 is not possible for a cash account"),
        ({"code": "a-b"}, "code 'a-b' must be 1 to 8 letters or digits"),
        ({"currency": ""}, "it has no currency"),
        ({"currency": " "}, "it has no currency"),
        ({"cash_decimals": 19}, "cash_decimals 19 lies outside 0 to 18"),
        ({"cash_decimals": -1}, "cash_decimals -1 lies outside 0 to 18"),
        ({"coin_fee_ppm": -1}, "coin_fee_ppm -1 lies outside 0 to 999999"),
        ({"coin_fee_ppm": 1_000_000}, "coin_fee_ppm 1000000 lies outside 0 to 999999"),
    ],
)
def test_an_account_that_can_not_be_is_refused_with_its_name(terms: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=f"^account main: {words}$"):
        Account(**{"name": "main", "code": "main", "venue": "paper", **terms})


def test_two_homes_that_begin_at_different_seconds_have_codes_of_their_own() -> None:
    second = 10**9
    codes = [new_code("main", 1_794_873_600 * second + late * second) for late in range(1000)]
    assert len(set(codes)) == len(codes)
    assert {Account("main", code, "paper").code for code in codes} == set(codes)
    assert new_code("main", 1_794_873_600 * second) == new_code("main", 1_794_873_601 * second - 1)


@pytest.mark.parametrize("name", ["a", "ä-x", "__", "long name", "9"])
def test_a_code_is_one_whatever_the_account_is_called(name: str) -> None:
    code = new_code(name, 1_794_873_600 * 10**9)
    assert Account(name, code, "paper").code == code
