"""What a journal tells afterwards: the story of an order, the fold of all records, the re-run of the strategies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tradewright.app.in_vain import InVain
from tradewright.app.recovery import groups
from tradewright.app.stance import Stance
from tradewright.app.wiring.journals import read, verify
from tradewright.backtest.strategy_source import code_hash, strategy_class
from tradewright.core.setup import StrategySpec
from tradewright.explain import Story
from tradewright.model.at_open import OpeningJudged
from tradewright.model.codec import Decoder, encode
from tradewright.model.command import Command
from tradewright.model.control import Alarm, ExitMoved, ExitTriggered, ModifyJudged, StrategyHalted, TradingStateSet
from tradewright.model.decision import Decision
from tradewright.model.errors import InputError
from tradewright.model.event import FILLED, REJECTED, SUBMIT, Event
from tradewright.model.lot import Match
from tradewright.model.report import Report
from tradewright.model.reservation import Released
from tradewright.model.shadow import is_shadow
from tradewright.model.signal import Signal
from tradewright.model.unmet import WishUnmet
from tradewright.model.vote import Vote
from tradewright.signal.strategy import Strategy
from tradewright.trader import Trader


@dataclass(slots=True)
class Folded:
    """A journal folded to its end (or to `sequence`): counts, hashes and, with verification, what differed. halted:
    strategies that may not decide by then, and why. trader: as it was by then."""

    sequence: int = 0
    journal_hash: str = ""
    state_hash: str = ""
    orders: int = 0
    fills: int = 0
    rejected: int = 0
    alarms: list[str] = field(default_factory=list)
    verified: int = 0
    differences: list[str] = field(default_factory=list)
    halted: dict[str, str] = field(default_factory=dict)
    trader: Trader | None = None

    def row(self, folder: Path) -> dict[str, Any]:
        return {
            "journal": str(folder), "sequence": self.sequence, "journalHash": self.journal_hash,
            "stateHash": self.state_hash, "orders": self.orders, "fills": self.fills, "rejected": self.rejected,
            "alarms": self.alarms, "halted": self.halted,
            "verifiedOutputs": self.verified, "differences": self.differences,
        }  # fmt: skip

    def text(self, folder: Path) -> str:
        alarms = f", {len(self.alarms)} alarms" if self.alarms else ""
        lines = [
            f"{folder}: {self.sequence} records, {self.orders} orders, {self.fills} fills, {self.rejected} refused"
            + alarms,
            f"state {self.state_hash}",
        ]
        if self.journal_hash:
            lines.append(f"chain {self.journal_hash}")
        if self.verified or self.differences:
            lines.append(f"{self.verified} outputs reproduced" if not self.differences else "NOT REPRODUCED")
        halts = [f"halted strategy {name} — {why}" for name, why in self.halted.items()]
        return "\n".join(lines + halts + [f"alarm {alarm}" for alarm in self.alarms] + self.differences)


def fold(folder: Path, to: int | None = None) -> Folded:
    """Fold every record without strategies. Raises JournalError for a journal that can not be trusted."""
    trader = Trader(None)
    folded = Folded()
    for sequence, event, outputs in groups_of(folder, trader, to):
        trader.follow(event, outputs)
        _count(folded, trader, event, outputs)
        folded.sequence = sequence
    return _closed(folded, trader, folder, to)


def rerun(folder: Path, to: int | None = None) -> Folded:
    """Run every input through today's strategies and compare the outputs with the journaled ones, byte by byte.

    Equality is owed only to a strategy whose code and parameters are the journaled ones; another one is an InputError.
    """
    trader = Trader(_journaled_class)
    folded = Folded()
    for sequence, event, outputs in groups_of(folder, trader, to):
        outcome = trader.step(event)
        made, kept = [encode(item) for item in outcome.outputs], [encode(item) for item in outputs]
        if made != kept:
            folded.differences.append(_difference(sequence, made, kept))
            break
        folded.verified += len(kept)
        _count(folded, trader, event, outputs)
        folded.sequence = sequence
    return _closed(folded, trader, folder, to)


def groups_of(folder: Path, trader: Trader, to: int | None) -> Iterator[tuple[int, Event, list[Event]]]:
    """All inputs with their outputs, or those up to record `to`: an input and what was made of it were written as one,
    so the last of them is whole and may end behind it."""
    decoder = Decoder(trader.engine.instruments, lambda id: trader.engine.orders[id].order)
    for sequence, event, outputs in groups(read(folder), decoder):
        yield sequence, event, outputs
        if to is not None and sequence >= to:
            return


def _closed(folded: Folded, trader: Trader, folder: Path, to: int | None) -> Folded:
    folded.state_hash = trader.state_hash()
    folded.halted = {name: folded.halted.get(name, why) for name, why in sorted(trader.engine.halted.items())}
    folded.trader = trader
    folded.journal_hash = verify(folder).hash.hex() if to is None else ""
    return folded


def _journaled_class(spec: StrategySpec) -> type[Strategy]:
    found = strategy_class(spec.ref)
    if code_hash(found) != spec.code_hash:
        raise InputError(
            f"strategy {spec.id}: the code of {spec.ref} is not the code that made this journal; "
            "fold it without --verify, or check out the version it ran with"
        )
    return found


def _count(folded: Folded, trader: Trader, event: Event, outputs: list[Event]) -> None:
    """What a session counts; a shadow account counts in neither."""
    board = trader.engine.board
    if board is not None:
        outputs = [output for output in outputs if not board.concerns(output)]
        if board.concerns(event):
            return
    if event.kind == FILLED:
        folded.fills += 1
    elif event.kind == REJECTED:
        folded.rejected += 1
    elif isinstance(event, TradingStateSet):
        folded.halted.pop(event.scope.removeprefix("strategy:"), None)
    for output in outputs:
        if output.kind == SUBMIT:
            folded.orders += 1
        elif isinstance(output, Decision) and not output.approved:
            folded.rejected += 1
        elif isinstance(output, Alarm):
            folded.alarms.append(f"{output.code}: {output.text}")
        elif isinstance(output, StrategyHalted):
            folded.halted[output.strategy] = f"{output.code}: {output.text}"


def _difference(sequence: int, made: list[bytes], kept: list[bytes]) -> str:
    for at in range(max(len(made), len(kept))):
        ours = made[at].decode() if at < len(made) else "nothing"
        theirs = kept[at].decode() if at < len(kept) else "nothing"
        if ours != theirs:
            return f"record {sequence}, output {at + 1}: journaled {theirs[:300]}; today {ours[:300]}"
    return f"record {sequence}: outputs differ"


#: What the story of an order tells, by its `order_id`.
_TOLD = Command | ExitTriggered | ExitMoved | ModifyJudged | OpeningJudged | Report | Alarm | Released | WishUnmet


class Moment:
    """A symbol at a time (ns UTC), and what a journal says of it by then: order_id, of the newest decision, "" = there
    is none; stance, the newest signal; unmet, what was asked for in vain since that decision."""

    __slots__ = ("symbol", "time", "order_id", "stance", "unmet")

    def __init__(self, symbol: str, time: int) -> None:
        self.symbol = symbol
        self.time = time
        self.order_id = ""
        self.stance: Stance | None = None
        self.unmet: list[WishUnmet] = []

    def hears(self, symbol: str, time: int) -> bool:
        """Whether what is said of a symbol at that time belongs to it."""
        return symbol == self.symbol and time <= self.time

    def told(self, stories: Mapping[str, Story]) -> Story | Stance | InVain | None:
        """The newest of it: a decision before a signal of its own time, and behind it what came to nothing."""
        story: Story | Stance | None = stories.get(self.order_id)
        if self.stance is not None and (not isinstance(story, Story) or self.stance.signal.time > story.decision.time):
            story = self.stance
        return InVain(self.unmet, story) if self.unmet else story


class Stories:
    """Collects the stories of the orders that `wanted` chooses, and what is newest at each of some moments, while a
    journal is folded. symbols: those that the journal has."""

    def __init__(self, wanted: Callable[[Decision], bool], moments: Sequence[Moment] = ()) -> None:
        self.wanted = wanted
        self.moments = moments
        self.stories: dict[str, Story] = {}
        self.symbols: set[str] = set()

    def gather(self, folder: Path) -> dict[str, Story]:
        """Fold the whole journal; the stories by order id, in the order of their decisions."""
        trader = Trader(None)
        seen: set[tuple[str, str]] = set()
        for _, event, outputs in groups_of(folder, trader, None):
            self._matched(trader.follow(event, outputs))
            said: dict[tuple[str, int], Signal] = {}
            voted: dict[tuple[str, int], Vote] = {}
            for item in (event, *outputs):
                if isinstance(item, Signal):
                    said[item.key] = item
                    self._heard(trader, item, voted)
                elif isinstance(item, Vote):
                    voted[item.key] = item
                elif isinstance(item, WishUnmet) and (moments := self._at(item.symbol, item.time)):
                    for moment in moments:
                        moment.unmet.append(item)
                elif isinstance(item, Decision) and self.wanted(item):
                    self._decided(trader, item, said, voted)
                elif isinstance(item, _TOLD) and item.order_id in self.stories:
                    mark = (item.order_id, encode(item).decode())
                    if not isinstance(item, Report) or mark not in seen:
                        self.stories[item.order_id].steps.append(item)
                        seen.add(mark)
        self.symbols.update(trader.engine.symbols)
        return self.stories

    def _at(self, symbol: str, time: int) -> list[Moment]:
        return [moment for moment in self.moments if moment.hears(symbol, time)]

    def _heard(self, trader: Trader, signal: Signal, voted: dict[tuple[str, int], Vote]) -> None:
        moments = self._at(signal.symbol, signal.time)
        if moments and not _votes(trader, signal):
            for moment in moments:
                moment.stance = Stance(signal, voted.get(signal.key))

    def _decided(
        self,
        trader: Trader,
        decision: Decision,
        said: dict[tuple[str, int], Signal],
        voted: dict[tuple[str, int], Vote],
    ) -> None:
        for moment in self._at(decision.instrument.symbol, decision.time):
            moment.order_id = decision.orders[0].id
            moment.unmet.clear()
        signal = _signal_of(trader, decision, said)
        vote = None if signal is None else voted.get(signal.key)
        for order in decision.orders:
            state = trader.engine.orders[order.id]
            self.stories[order.id] = Story(decision, state, signal, vote, _standing(trader, decision.strategy))

    def _matched(self, matches: list[Match]) -> None:
        for match in matches:
            for order_id in {match.open_order: 0, match.close_order: 0}:
                story = self.stories.get(order_id)
                if story is not None:
                    story.matches.append(match)


def _standing(trader: Trader, strategy: str) -> dict[str, Any] | None:
    """Where a strategy stands by its shadow path, None where it has none or no day of it has ended."""
    board = trader.engine.board
    return None if board is None else board.standing(strategy)


def _votes(trader: Trader, signal: Signal) -> bool:
    """Whether a signal is a member's: it orders nothing by itself, and stands in its ensemble's vote."""
    specs = () if trader.setup is None else trader.setup.strategies
    return any(spec.id == signal.strategy and spec.ensemble for spec in specs)


def _signal_of(trader: Trader, decision: Decision, said: dict[tuple[str, int], Signal]) -> Signal | None:
    """The signal that a decision's words came from: of the same step, or the one that waited for its moment."""
    key = (decision.strategy, decision.instrument.index)
    specs = () if trader.setup is None else trader.setup.strategies
    waits = any(spec.id == decision.strategy and spec.decide_on for spec in specs)
    signal = said.get(key) or (trader.engine.signals.get(key) if waits else None)
    return signal if signal is not None and signal.reasoning == decision.reason else None


def story_of(folder: Path, order_id: str) -> Story:
    """The story of one order. InputError when the journal does not know it."""
    stories = Stories(lambda decision: any(order.id == order_id for order in decision.orders)).gather(folder)
    if order_id not in stories:
        raise InputError(f"{folder} knows no order {order_id}; the lines and the summary of a session name its orders")
    return stories[order_id]


def last_story(folder: Path, symbol: str, time: int) -> Story | Stance | InVain:
    """The story of the newest decision on `symbol` at or before `time` (ns UTC), or the newest signal where that is
    younger: nothing was ordered since; and what was asked for in vain behind the decision. InputError when there is
    none of them."""
    stories, (story,) = _told(folder, [(symbol, time)])
    if story is None and symbol not in stories.symbols:
        raise InputError(f"{folder} has no symbol {symbol!r}; it has {', '.join(sorted(stories.symbols))}")
    if story is None:
        raise InputError(
            f"{folder}: no decision and no signal on {symbol} by then; a strategy that only orders leaves no record of "
            "wanting nothing"
        )
    return story


def last_stories(folder: Path, asked: Sequence[tuple[str, int]]) -> list[Story | Stance | InVain | None]:
    """The same of many symbols and times by one fold; None where there is none of them."""
    return _told(folder, asked)[1]


def _told(folder: Path, asked: Sequence[tuple[str, int]]) -> tuple[Stories, list[Story | Stance | InVain | None]]:
    moments = [Moment(symbol, time) for symbol, time in asked]

    def wanted(decision: Decision) -> bool:
        symbol, time = decision.instrument.symbol, decision.time
        return not is_shadow(decision.account) and any(moment.hears(symbol, time) for moment in moments)

    stories = Stories(wanted, moments)
    found = stories.gather(folder)
    return stories, [moment.told(found) for moment in moments]
