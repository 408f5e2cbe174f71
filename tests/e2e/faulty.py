"""Strategies that do what a strategy must not do, each on its twentieth bar; and one that minds its own business."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tradewright.model.market import Bar
from tradewright.model.report import Fill
from tradewright.signal.strategy import Strategy

WHEN = 20
#: The exit code of a strategy that takes the process with it.
GONE = 3


class Steady(Strategy):
    """In and out by turns, until the end."""

    seen: int = 0

    def on_bar(self, bar: Bar) -> None:
        self.seen += 1
        if self.seen % 3 == 0:
            if self.flat:
                self.buy(percent=5, reason="in")
            else:
                self.close(reason="out")


class Raising(Steady):
    def on_bar(self, bar: Bar) -> None:
        self.buy(percent=1, reason="never to be sent") if self.seen == WHEN - 1 else None
        super().on_bar(bar)
        if self.seen == WHEN:
            raise ZeroDivisionError("no range today")


class Hoarding(Steady):
    """Keeps what would be lost at a restart."""

    def on_bar(self, bar: Bar) -> None:
        super().on_bar(bar)
        if self.seen == WHEN:
            self.highs = [bar.high]


class Ending(Steady):
    """Ends the process, as a crash in a library would."""

    def on_bar(self, bar: Bar) -> None:
        super().on_bar(bar)
        if self.seen == WHEN:
            os._exit(GONE)


class EndingOnce(Steady):
    """Ends the process if a file of bad luck lies beside its own, and takes that along."""

    def on_bar(self, bar: Bar) -> None:
        super().on_bar(bar)
        luck = Path(__file__).with_name("bad luck")
        if self.seen == WHEN and luck.exists():
            luck.unlink()
            os._exit(GONE)


class EndingAtAFill(Steady):
    filled: int = 0

    def on_fill(self, fill: Fill) -> None:
        self.filled += 1
        if self.filled == 5:
            os._exit(GONE)


class Smuggling(Steady):
    """Puts what can not be stored where only plain values belong."""

    kept: list[object] = []

    def on_bar(self, bar: Bar) -> None:
        super().on_bar(bar)
        if self.seen == WHEN:
            self.kept.append(bar)


class Leaving(Steady):
    """Wants the whole program to end, as a script does."""

    def on_bar(self, bar: Bar) -> None:
        super().on_bar(bar)
        if self.seen == WHEN:
            sys.exit("that is all")


class Throwing(Steady):
    """Raises what no program expects, with words that can not be written."""

    def on_bar(self, bar: Bar) -> None:
        super().on_bar(bar)
        if self.seen == WHEN:
            raise BaseException("half a \ud800\nand a second line")


class Closing(Steady):
    def on_bar(self, bar: Bar) -> None:
        super().on_bar(bar)
        if self.seen == WHEN:
            raise GeneratorExit


class Unspeakable(Steady):
    """Raises what can not even say what it is."""

    def on_bar(self, bar: Bar) -> None:
        super().on_bar(bar)
        if self.seen == WHEN:
            raise Mute


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError


class Endless(Steady):
    """Holds itself."""

    kept: list[object] = []

    def on_bar(self, bar: Bar) -> None:
        super().on_bar(bar)
        if self.seen == WHEN:
            self.kept.append(self.kept)


class Huge(Steady):
    number: int = 0

    def on_bar(self, bar: Bar) -> None:
        super().on_bar(bar)
        if self.seen == WHEN:
            self.number = 10**5000


class Halved(Steady):
    text: str = ""

    def on_bar(self, bar: Bar) -> None:
        super().on_bar(bar)
        if self.seen == WHEN:
            self.text = "\ud800"


class Garbled(Steady):
    def on_bar(self, bar: Bar) -> None:
        super().on_bar(bar)
        if self.seen == WHEN:
            self.buy(1, reason="half a \ud800")


class Rambling(Steady):
    def on_bar(self, bar: Bar) -> None:
        super().on_bar(bar)
        if self.seen == WHEN:
            self.buy(1, reason="x" * 10_000_000)
