"""What strategies made on the shadow account: their figures and weights, when one of its days has ended."""

from __future__ import annotations

from tradewright.core.engine import Engine
from tradewright.core.setup import Setup
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.score import StrategiesWeighed, StrategyScored
from tradewright.performance.shrinkage import figures
from tradewright.signal.weights import check_bounds, weigh


def score(engine: Engine) -> list[Event]:
    """A day of the shadow account has ended: figures of its strategies and the weights that follow from them, group
    by group. Applied outputs."""
    board = engine.board
    assert board is not None
    outputs: list[Event] = []
    board.due = False
    terms = board.terms
    for group in board.groups():
        names = board.members(group)
        found = figures({name: board.returns(name) for name in names}, terms.shrink)
        day = board.days[-1]
        for name, (sharpe, shrunk, t_stat) in found.items():
            days, (count, unpriced) = board.returns(name), board.count(name)
            scored = StrategyScored(
                engine.now, terms.name, name, group, day, len(days), count, unpriced, sum(days), sharpe, shrunk,
                t_stat,
            )  # fmt: skip
            engine.emit(scored, outputs)
        t_stats = {name: own.t_stat for name, own in found.items()}
        before = {name: board.weights[name].weight_ppm for name in names if name in board.weights}
        weights = weigh(
            t_stats, before, terms.equal_ppm, terms.floor_ppm, terms.cap_ppm, terms.change_ppm
        )  # fmt: skip
        engine.emit(StrategiesWeighed(engine.now, terms.name, group, day, weights), outputs)
    return outputs


def seats_of(setup: Setup) -> dict[str, str]:
    """The strategies that a shadow account scores, and the ensemble each votes in."""
    shadow = setup.shadow
    return {spec.id: spec.ensemble for spec in setup.strategies if shadow and spec.account == shadow.account}


def check_shadow(setup: Setup, engine: Engine) -> None:
    """Whether weights can keep to their bounds, and what a shadow account holds goes on. Raises InputError."""
    if setup.shadow is None:
        if engine.board is not None:
            raise InputError(f"{engine.board.terms.name} holds positions of an earlier start: go on with the shadow")
        return
    if engine.board is not None and engine.board.terms.account != setup.shadow.account:
        raise InputError(f"{engine.board.terms.name} holds positions of an earlier start: go on with that shadow")
    check_bounds_of(setup)


def check_bounds_of(setup: Setup) -> None:
    """Whether the weights of a setup with a shadow can keep to their bounds. Raises InputError."""
    assert setup.shadow is not None, "weights come of a shadow"
    groups = list(seats_of(setup).values())
    for group in sorted(set(groups)):
        whose = f"the members of {group}" if group else "what runs alone"
        check_bounds(groups.count(group), setup.shadow.floor_ppm, setup.shadow.cap_ppm, whose)
