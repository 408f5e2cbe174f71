"""What an account is worth at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(slots=True)
class Funds:
    """The account's money at one moment; level: margin level in percent, 0 without any margin."""

    balance: Fraction
    profit: Fraction
    swap: Fraction
    margin: Fraction
    equity: Fraction = field(init=False)
    level: Fraction = field(init=False)

    def __post_init__(self) -> None:
        self.equity = self.balance + self.profit + self.swap
        self.level = self.equity / self.margin * 100 if self.margin else Fraction(0)
