"""What opens a connector's door, and which account has to stand behind it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Credentials:
    """token: the connector's bearer token, "" = it asks for none (the first ones did not). login: the number of the
    account that is meant, 0 = whichever the terminal is logged in to."""

    token: str = ""
    login: int = 0

    def __repr__(self) -> str:
        return f"Credentials(token={'***' if self.token else '-'}, login={self.login})"

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}
