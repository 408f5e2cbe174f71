"""MetaTrader's own library, as far as it is used: what stands in for it in tests has the same functions."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol

from tradewright.model.errors import NotReady, TradewrightError


class PackageMissing(TradewrightError):
    """MetaTrader5 is not installed: it is there for Windows alone."""


class Package(Protocol):
    """The functions of `MetaTrader5`. None instead of a list is an error, and `last_error` says which."""

    def initialize(self, *args: Any, **kwargs: Any) -> bool: ...
    def shutdown(self) -> None: ...
    def last_error(self) -> tuple[int, str]: ...
    def terminal_info(self) -> Any: ...
    def account_info(self) -> Any: ...
    def symbols_get(self) -> tuple[Any, ...] | None: ...
    def symbol_info(self, symbol: str) -> Any: ...
    def symbol_info_tick(self, symbol: str) -> Any: ...
    def symbol_select(self, symbol: str, enable: bool = True) -> bool: ...
    def positions_get(self, *, ticket: int = ...) -> tuple[Any, ...] | None: ...
    def orders_get(self, *, ticket: int = ...) -> tuple[Any, ...] | None: ...
    def history_orders_get(self, *args: Any, **kwargs: Any) -> tuple[Any, ...] | None: ...
    def history_deals_get(self, *args: Any, **kwargs: Any) -> tuple[Any, ...] | None: ...
    def order_calc_profit(
        self, action: int, symbol: str, volume: float, price_open: float, price_close: float
    ) -> float | None: ...
    def order_send(self, request: Mapping[str, Any]) -> Any: ...
    def copy_rates_range(self, symbol: str, timeframe: int, date_from: int, date_to: int) -> Any: ...


def installed() -> Package:
    """The library itself. Raises PackageMissing."""
    try:
        found: Any = import_module("MetaTrader5")
    except ImportError as error:
        text = "the connector needs MetaTrader's library, which is there for Windows: pip install 'tradewright[mt5]'"
        raise PackageMissing(text) from error
    return found  # type: ignore[no-any-return]


def started(package: Package, path: str, login: int, password: str, server: str) -> None:
    """Starts the terminal and logs in; path "": the one that is installed; login 0: the account it was left with.
    Raises NotReady with the terminal's reason."""
    terms: dict[str, Any] = {"login": login, "password": password, "server": server} if login else {}
    if not package.initialize(*([path] if path else []), **terms):
        code, text = package.last_error()
        raise NotReady(f"the terminal does not start: {text} ({code})")
