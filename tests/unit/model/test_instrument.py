"""What a venue demands of an order, as counts: what can not be one is refused, in both builds alike."""

from __future__ import annotations

import pytest

from tradewright.model.errors import InputError
from tradewright.model.instrument import OrderRules
from tradewright.model.numbers import SIZE_MAX


@pytest.mark.parametrize("name", ["tick", "step", "size_min", "size_max", "band_ppm"])
@pytest.mark.parametrize("counts", [SIZE_MAX + 1, 2**63, 10**40])
def test_what_no_counter_can_hold_is_refused(name: str, counts: int) -> None:
    with pytest.raises(InputError, match="more than can be counted"):
        OrderRules(**{name: counts})  # type: ignore[arg-type]
    assert getattr(OrderRules(**{name: SIZE_MAX}), name) == SIZE_MAX  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "counts"), [("tick", 0), ("step", -1), ("size_min", -1), ("notional_min", -1)])
def test_what_is_below_its_least_is_refused(name: str, counts: int) -> None:
    with pytest.raises(InputError, match="order rules"):
        OrderRules(**{name: counts})  # type: ignore[arg-type]
