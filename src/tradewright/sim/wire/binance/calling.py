"""The way of one call through the venue, over whichever door: limits, signature, parameters, handler."""

from __future__ import annotations

from tradewright.sim.wire.binance.codes import (
    LISTEN_KEY,
    SHUTTING_DOWN,
    TIMED_OUT,
    UNAVAILABLE,
    Refusal,
)
from tradewright.sim.wire.binance.credentials import TRADE, Credential, check_time, no_permission
from tradewright.sim.wire.binance.endpoints import Endpoint
from tradewright.sim.wire.binance.parameters import Parameters
from tradewright.sim.wire.binance.venue import Call, Venue


def in_maintenance() -> Refusal:
    return Refusal(SHUTTING_DOWN, "This service is no longer available.", UNAVAILABLE)


def no_listen_key(venue: Venue) -> Refusal:
    return Refusal(LISTEN_KEY, "This listenKey does not exist.", venue.knobs.listen_key_status)


def carry_out(venue: Venue, endpoint: Endpoint, call: Call, credential: Credential | None) -> object:
    """What an endpoint answers to a call that is within its limits and whose signature was checked. Raises Refusal."""
    if credential is not None:
        if endpoint.security not in credential.permissions:
            raise no_permission()
        call.credential = credential
        call.owner = venue.accounts[credential.account]
    parameters = call.parameters
    parameters.check(endpoint.known, endpoint.needed)
    if endpoint.security == TRADE and venue.knobs.engine_delay_ns:
        check_time(parameters.values, call.clock + venue.knobs.engine_delay_ns)
    answer = endpoint.handler(call)
    if endpoint.free:
        venue.limits.give_back_weight(call.peer, endpoint.weighs(parameters), call.clock)
    if endpoint.security == TRADE and venue.knobs.unknown_answers:
        venue.knobs.unknown_answers -= 1
        raise unknown_outcome()
    return answer


def unknown_outcome() -> Refusal:
    """It was carried out, and nobody is told."""
    return Refusal(
        TIMED_OUT,
        "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
        UNAVAILABLE,
    )


def new_call(venue: Venue, values: dict[str, str], peer: str, clock: int, socket: bool) -> Call:
    return Call(venue, Parameters(values), peer, clock, socket=socket)
