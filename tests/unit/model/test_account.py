"""What an account can not be."""

from __future__ import annotations

from typing import Any

import pytest

from tradewright.model.account import Account
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
    ],
)
def test_an_account_that_can_not_be_is_refused_with_its_name(terms: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=f"^account main: {words}$"):
        Account(**{"name": "main", "code": "main", "venue": "paper", **terms})
