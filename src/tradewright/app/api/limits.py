"""Limits as a person sets and waives them. A waiver takes two persons: each asks for it with a key of their own."""

from __future__ import annotations

import time
from typing import NamedTuple

import msgspec
from fastapi import Response

from tradewright.app.api import shapes
from tradewright.app.api.keys import RISK
from tradewright.app.api.problem import Problem
from tradewright.app.api.route import Ask, Asking, Routes, told
from tradewright.app.limits import LimitsAsked, WaiverAsked, event_of
from tradewright.model.moment import moment_of, moment_text

ROUTES = Routes()
#: How long the first person's word waits for the second's, and how many such words wait at once.
WAIT_SECONDS = 600.0
WAITING_MAX = 100


class Word(NamedTuple):
    """What the first of two persons has said. user: whose key it was; ends: monotonic."""

    who: str
    user: str
    reason: str
    ends: float


#: Words that wait, by scope, limit and end.
Waiting = dict[tuple[str, str, str], Word]


@ROUTES.add(
    "POST", "/api/v1/limits", RISK, shapes.LimitsSet, shapes.SetLimits,
    {"scope": "all", "limits": {"maxOrderValue": "5000"}, "reason": "a quiet day"},
)  # fmt: skip
async def set_limits(ask: Ask) -> Response:
    """Change limits of a scope, until a moment or for good. Those that are not named stay; without one, what was set
    until a moment ends."""
    wanted = await ask.body(shapes.SetLimits)
    _check(ask, wanted.scope)
    asked = LimitsAsked(wanted.scope, wanted.limits, ask.key.name, wanted.reason, wanted.until)
    return told(msgspec.convert(ask.desk.carry_out(asked), shapes.LimitsSet))


@ROUTES.add(
    "POST", "/api/v1/limits/waivers", RISK, shapes.WaiverSet, shapes.Waive,
    {"scope": "all", "limit": "maxOrderValue", "until": "2026-01-05T16:00:00Z", "reason": "index change"},
)  # fmt: skip
async def waive(ask: Ask) -> Response:
    """Let pass what a soft limit would refuse. It takes two persons: the first one's word waits ten minutes for the
    second one's, about the same scope, limit and end."""
    wanted = await ask.body(shapes.Waive)
    _check(ask, wanted.scope)
    wanted.until = moment_text(moment_of(wanted.until, "until"))
    waiting, key = ask.desk.waiting, (wanted.scope, wanted.limit, wanted.until)
    for old in [old for old, word in waiting.items() if word.ends < time.monotonic()]:
        del waiting[old]
    first = waiting.get(key)
    if first is None or first.user == ask.key.whose:
        return _waits(ask, wanted, key)
    reason = f"{first.reason}; {wanted.reason}"
    asked = WaiverAsked(wanted.scope, wanted.limit, first.who, ask.key.name, reason, wanted.until)
    answer = ask.desk.carry_out(asked)
    waiting.pop(key, None)
    return told(msgspec.convert({**answer, "granted": True}, shapes.WaiverSet))


def _check(ask: Asking, scope: str) -> None:
    if not ask.desk.may_set(ask.key, scope):
        raise Problem("FORBIDDEN", "the key is bound to accounts: the scope has to be account:NAME of one of them")


def _waits(ask: Asking, wanted: shapes.Waive, key: tuple[str, str, str]) -> Response:
    """What can not hold is refused to the first of two already. Raises Problem, InputError."""
    who, waiting = ask.key.name, ask.desk.waiting
    event_of(
        WaiverAsked(wanted.scope, wanted.limit, who, f"not {who}", wanted.reason, wanted.until), ask.desk.engine, {}
    )
    if key not in waiting and len(waiting) >= WAITING_MAX:
        raise Problem("BUSY", "too many waivers wait for a second person", retry=60)
    waiting[key] = Word(who, ask.key.whose, wanted.reason, time.monotonic() + WAIT_SECONDS)
    return told(
        shapes.WaiverSet(
            granted=False, scope=wanted.scope, limit=wanted.limit, who=who, second=None, until=wanted.until, record=None
        )
    )
