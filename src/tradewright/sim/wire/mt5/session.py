"""The connection of a program with a terminal: started, logged in, and what the last call came to."""

from __future__ import annotations

from typing import Any, TypeVar

from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.broker import Broker

DEMO_LOGIN = 5_000_001
DEMO_PASSWORD = "demo-password"
DEMO_SERVER = "Tradewright-Demo"
BUILD = 6231

Value = TypeVar("Value")


class Session:
    """login, password, server: what `initialize` and `login` must say."""

    def __init__(self, broker: Broker, login: int, password: str, server: str) -> None:
        self.broker = broker
        self._account = (login, password, server)
        self._ready = self._logged_in = False
        self._error = (mt5.RES_S_OK, "Success")

    def __getattr__(self, name: str) -> int:
        """The package's constants."""
        if name in mt5.CONSTANTS:
            return mt5.CONSTANTS[name]
        raise AttributeError(name)

    # Connection

    def initialize(
        self, path: str = "", *, login: int = 0, password: str = "", server: str = "", timeout: int = 60_000,
        portable: bool = False,
    ) -> bool:  # fmt: skip
        """Starts the terminal; without a login it takes the account it was saved with."""
        self._ready = True
        self._logged_in = True
        return self.login(login, password=password, server=server) if login else self._done(True)

    def login(self, login: int, *, password: str = "", server: str = "", timeout: int = 60_000) -> bool:
        if not self._ready:
            return self._failed(mt5.RES_E_INTERNAL_FAIL_CONNECT, "No IPC connection", False)
        known, secret, home = self._account
        self._logged_in = login == known and password in ("", secret) and server in ("", home)
        if not self._logged_in:
            return self._failed(mt5.RES_E_AUTH_FAILED, "Terminal: Authorization failed", False)
        return self._done(True)

    def shutdown(self) -> None:
        self._ready = self._logged_in = False

    def version(self) -> tuple[int, int, str] | None:
        return self._done((500, BUILD, "1 Oct 2026")) if self._here() else None

    def last_error(self) -> tuple[int, str]:
        """Of the last call: 1 when it went well."""
        return self._error

    def _done(self, value: Value) -> Value:
        self._error = (mt5.RES_S_OK, "Success")
        return value

    def _failed(self, code: int, text: str, value: Value) -> Value:
        self._error = (code, text)
        return value

    def _invalid(self, what: str) -> Any:
        return self._failed(mt5.RES_E_INVALID_PARAMS, f"Invalid {what!r} argument", None)

    def _no_rate(self) -> float | None:
        return self._failed(mt5.RES_E_FAIL, "No rate for the profit currency", None)

    def _here(self) -> bool:
        """Whether the terminal runs and is logged in; says why not."""
        if not self._ready:
            return self._failed(mt5.RES_E_INTERNAL_FAIL_CONNECT, "No IPC connection", False)
        if not self._logged_in:
            return self._failed(mt5.RES_E_AUTH_FAILED, "Terminal: Authorization failed", False)
        return self._done(True)

    def _reads(self) -> bool:
        """The same for what may fail by a knob, which counts down."""
        if not self._here():
            return False
        if self.broker.knobs.failed_reads:
            self.broker.knobs.failed_reads -= 1
            return self._failed(mt5.RES_E_INTERNAL_FAIL_CONNECT, "No IPC connection", False)
        return True

    def _ok(self) -> bool:
        return self._error[0] == mt5.RES_S_OK
