"""What a strategy may see, read-only; the engine implements it. Nothing here reaches into the future."""

from __future__ import annotations

from typing import Protocol

from tradewright.model.instrument import Instrument


class BookView(Protocol):
    """What one strategy holds in one instrument: size counts, signed and by side; money in the quote currency."""

    @property
    def net(self) -> int: ...
    @property
    def long_size(self) -> int: ...
    @property
    def short_size(self) -> int: ...
    @property
    def realised(self) -> int: ...
    def average_units(self) -> float | None: ...


class EngineView:
    """What a strategy may ask of the engine; a base class, since the compiled build calls it without a look-up."""

    __slots__ = ()

    @property
    def now(self) -> int:
        """Logical time, ns UTC."""
        raise AssertionError("a view without an engine")

    def book(self, account: str, strategy: str, instrument: Instrument) -> BookView:
        """The strategy's book in that instrument."""
        raise AssertionError("a view without an engine")

    def next_order_id(self, account: str) -> str:
        """A new client order id."""
        raise AssertionError("a view without an engine")

    def equity(self, account: str) -> int | None:
        """Money in the account's currency; None when a price or a rate is missing."""
        raise AssertionError("a view without an engine")

    def sizes(self, account: str, strategy: str) -> bool:
        """Whether an opening that says no size gets one; without an engine none does."""
        return False

    def positions(self, account: str) -> tuple[tuple[Instrument, int], ...]:
        """The account's open positions over all strategies: instrument and signed net size count."""
        raise AssertionError("a view without an engine")

    def is_halted(self, strategy: str) -> bool:
        """Whether a strategy may not decide any more."""
        raise AssertionError("a view without an engine")

    def price_units(self, instrument: Instrument) -> int:
        """The mark price in price counts; 0 = not known."""
        raise AssertionError("a view without an engine")

    def is_working(self, account: str, strategy: str, instrument: Instrument, side: int, role: str) -> bool:
        """Whether one of the strategy's orders of that side and role may still fill."""
        raise AssertionError("a view without an engine")

    def confidence_ppm(self, account: str, strategy: str, instrument: Instrument) -> int:
        """The least confidence that its limits let open, ppm; 0 = none is set."""
        raise AssertionError("a view without an engine")

    def mirrors(self) -> bool:
        """Whether what strategies want is traded by a shadow account too."""
        return False

    def open_orders(self, account: str, strategy: str, instrument: Instrument) -> list[str]:
        """Ids of the strategy's orders that may still fill, oldest first."""
        raise AssertionError("a view without an engine")
