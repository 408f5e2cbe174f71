"""The WebSocket API: calls over one connection, its session, and the user events it has subscribed to.

A session is logged on with an Ed25519 key alone; from then on calls need no key and no signature, but their time. One
subscription per account and connection stands at a time; an account's events come wrapped with its number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from tradewright.sim.wire.binance.accounts import Account
from tradewright.sim.wire.binance.calling import carry_out, in_maintenance, new_call, no_listen_key
from tradewright.sim.wire.binance.codes import (
    BAD_JSON,
    BAD_REQUEST,
    INVALID_PARAMETER,
    NOT_AUTHORIZED,
    NOT_SUBSCRIBED,
    SIGNATURE,
    SUBSCRIBED_ALREADY,
    SUBSCRIPTIONS_SPENT,
    UNAUTHORIZED,
    UNSUPPORTED,
    Refusal,
)
from tradewright.sim.wire.binance.credentials import (
    ED25519,
    USER_DATA,
    Credential,
    check_time,
    no_permission,
    socket_payload,
)
from tradewright.sim.wire.binance.endpoints import LISTEN_KEY_METHODS, SOCKET, Endpoint
from tradewright.sim.wire.binance.figures import Time
from tradewright.sim.wire.binance.line import Line
from tradewright.sim.wire.binance.parameters import Parameters, read_json
from tradewright.sim.wire.binance.venue import Venue
from tradewright.sim.wire.message import CLOSE, TEXT, Frame, Request

ACTIVE_MAX = 1000
LIFETIME_MAX = 65_535
_NULL = msgspec.Raw(b"null")


@dataclass(slots=True)
class Subscription:
    """User events of an account on this connection. by_session: it ends with the session. silence: stops them."""

    number: int
    account: Account
    by_session: bool
    silence: Callable[[], None]


class SocketLine(Line):
    """One connection to the WebSocket API."""

    def __init__(self, request: Request, now: int, venue: Venue, micro: bool, returns_limits: bool) -> None:
        super().__init__(request, now, venue, micro)
        self.returns_limits = returns_limits
        self.session: Credential | None = None
        self.session_since = 0
        self.subscriptions: dict[int, Subscription] = {}
        self.subscribed = 0
        self._held: list[dict[str, object]] | None = None
        self._methods: dict[str, Callable[[Parameters, int], object]] = {
            "session.logon": self._logon,
            "session.status": self._status,
            "session.logout": self._logout,
            "session.subscriptions": self._subscriptions,
            "userDataStream.subscribe": self._subscribe,
            "userDataStream.subscribe.signature": self._subscribe_signed,
            "userDataStream.unsubscribe": self._unsubscribe,
        }

    # Frames

    def receive(self, frame: Frame, now: int) -> None:
        if frame.kind == CLOSE:
            self.closed = True
            self.end()
        elif frame.kind == TEXT:
            self._answer(frame.data, now + self.venue.knobs.skew_ns)
        else:
            self.heard(frame)

    def end(self) -> None:
        """It hears no more."""
        for subscription in self.subscriptions.values():
            subscription.silence()
        self.subscriptions.clear()

    def warn(self, clock: int) -> None:
        self.say({"event": {"e": "serverShutdown", "E": Time(clock)}})

    def _answer(self, data: bytes, clock: int) -> None:
        """Answers a request; events that it causes leave behind the answer, or before it."""
        self._held = []
        said: dict[str, object] = {"id": _NULL, "status": 200}
        wants_limits = self.returns_limits
        rows: list[dict[str, object]] = []
        try:
            number, method, values = read_request(data)
            said["id"] = number
            if "returnRateLimits" in values:
                wants_limits = values["returnRateLimits"].lower() != "false"
            said["result"], rows = self._carry_out(method, values, clock)
        except Refusal as refusal:
            said["status"] = refusal.status
            said["error"] = refusal.content()
        if wants_limits:
            weight = self.venue.limits.weight_row(self.request.peer, clock)
            said["rateLimits"] = [*rows, weight]
        held, self._held = self._held, None
        first = self.venue.knobs.events_first
        for content in held if first else []:
            self.say(content, self.venue.knobs.event_delay_ns)
        self.say(said, self.venue.knobs.answer_delay_ns)
        for content in [] if first else held:
            self.say(content, self.venue.knobs.event_delay_ns)

    def _carry_out(self, method: str, values: dict[str, str], clock: int) -> tuple[object, list[dict[str, object]]]:
        """The result of a method, and the order limits it is told with."""
        venue, peer = self.venue, self.request.peer
        if venue.trouble.maintenance:
            raise in_maintenance()
        endpoint = SOCKET.get(method)
        own = self._methods.get(method)
        venue.limits.enter(peer, endpoint.weighs(Parameters(values)) if endpoint else 2, clock)
        if method in LISTEN_KEY_METHODS:
            raise no_listen_key(venue)
        if self.session is not None and not venue.keys.knows(self.session.key):
            self._revoked()
        if own is not None:
            return own(Parameters(values), clock), []
        if endpoint is None:
            raise Refusal(UNSUPPORTED, "This operation is not supported.")
        credential = self._credential(endpoint, values, clock)
        plain = {name: value for name, value in values.items() if name != "returnRateLimits"}
        call = new_call(venue, plain, peer, clock, socket=True)
        answer = carry_out(venue, endpoint, call, credential)
        rows = venue.limits.order_rows(call.account.name, clock) if call.returns_orders else []
        return answer, rows

    def _credential(self, endpoint: Endpoint, values: dict[str, str], clock: int) -> Credential | None:
        if not endpoint.security:
            return None
        if "signature" not in values and "apiKey" not in values and self.session is not None:
            check_time(values, clock)
            return self.session
        return self._signed(values, clock)

    def _signed(self, values: dict[str, str], clock: int) -> Credential:
        payload = socket_payload(values)
        key, signature = values.get("apiKey", ""), values.get("signature", "")
        return self.venue.keys.check(key, values, payload, signature, self.request.peer, clock)

    def _revoked(self) -> None:
        """The session's key is no key any more: it is told once, and the session is over."""
        self.session = None
        refusal = no_permission()
        self.say({"id": None, "status": NOT_AUTHORIZED, "error": refusal.content()})

    # The session

    def _logon(self, parameters: Parameters, clock: int) -> object:
        parameters.check(("returnRateLimits",), ("apiKey", "timestamp", "signature"))
        credential = self._signed(parameters.values, clock)
        if credential.kind != ED25519:
            raise Refusal(SIGNATURE, "Signature for this request is not valid.")
        self.session, self.session_since = credential, clock
        return self._session_row(clock)

    def _status(self, parameters: Parameters, clock: int) -> object:
        return self._session_row(clock)

    def _logout(self, parameters: Parameters, clock: int) -> object:
        self.session = None
        for subscription in list(self.subscriptions.values()):
            if subscription.by_session:
                self._terminate(subscription, clock)
        return self._session_row(clock)

    def _session_row(self, clock: int) -> dict[str, object]:
        return {
            "apiKey": self.session.key if self.session else None,
            "authorizedSince": Time(self.session_since) if self.session else None,
            "connectedSince": Time(self.opened + self.venue.knobs.skew_ns), "returnRateLimits": self.returns_limits,
            "serverTime": Time(clock), "userDataStream": any(sub.by_session for sub in self.subscriptions.values()),
        }  # fmt: skip

    # User events

    def _subscriptions(self, parameters: Parameters, clock: int) -> object:
        return [{"subscriptionId": number} for number in self.subscriptions]

    def _subscribe(self, parameters: Parameters, clock: int) -> object:
        parameters.check(("returnRateLimits",), ())
        if self.session is None:
            raise Refusal(UNAUTHORIZED, "You are not authorized to execute this request.", NOT_AUTHORIZED)
        return self._listen(self.session, by_session=True)

    def _subscribe_signed(self, parameters: Parameters, clock: int) -> object:
        parameters.check(("returnRateLimits",), ("apiKey", "timestamp", "signature"))
        return self._listen(self._signed(parameters.values, clock), by_session=False)

    def _listen(self, credential: Credential, by_session: bool) -> object:
        if USER_DATA not in credential.permissions:
            raise no_permission()
        account = self.venue.accounts[credential.account]
        if any(known.account is account for known in self.subscriptions.values()):
            raise Refusal(SUBSCRIBED_ALREADY, "User Data Stream subscription already active.")
        if len(self.subscriptions) >= ACTIVE_MAX or self.subscribed >= LIFETIME_MAX:
            raise Refusal(SUBSCRIPTIONS_SPENT, "Too many User Data Stream subscriptions on this connection.")
        number = self.subscribed
        self.subscribed += 1

        def heard(event: dict[str, object]) -> None:
            if not self.venue.trouble.silent:
                self._tell({"subscriptionId": number, "event": event})

        account.listeners.append(heard)
        self.subscriptions[number] = Subscription(number, account, by_session, lambda: account.listeners.remove(heard))
        return {"subscriptionId": number}

    def _tell(self, content: dict[str, object]) -> None:
        if self._held is not None:
            self._held.append(content)
        else:
            self.say(content, self.venue.knobs.event_delay_ns)

    def _unsubscribe(self, parameters: Parameters, clock: int) -> object:
        parameters.check(("subscriptionId", "returnRateLimits"), ())
        number = parameters.integer("subscriptionId")
        ending = list(self.subscriptions.values()) if number is None else [self.subscriptions.get(number)]
        for subscription in ending:
            if subscription is None:
                raise Refusal(NOT_SUBSCRIBED, "User Data Stream subscription not active.")
            self._terminate(subscription, clock)
        return {}

    def _terminate(self, subscription: Subscription, clock: int) -> None:
        subscription.silence()
        del self.subscriptions[subscription.number]
        self._tell({"subscriptionId": subscription.number, "event": {"e": "eventStreamTerminated", "E": Time(clock)}})


def read_request(data: bytes) -> tuple[msgspec.Raw, str, dict[str, str]]:
    """Id, method and parameters of a request. Raises Refusal for what is none."""
    try:
        asked: dict[str, msgspec.Raw] = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        number: Any = msgspec.json.decode(asked.get("id", _NULL))
        method = msgspec.json.decode(asked.get("method", _NULL))
        params = msgspec.json.decode(asked.get("params", b"{}"), type=dict[str, msgspec.Raw])
        values = read_json(params)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(BAD_JSON, "Invalid JSON Request") from error
    if isinstance(number, bool) or not (number is None or isinstance(number, int | str)):
        raise Refusal(INVALID_PARAMETER, "Invalid 'id' in JSON request; expected an integer, a string or null.")
    if not isinstance(method, str):
        raise Refusal(INVALID_PARAMETER, "Invalid 'method' in JSON request; expected a string.", BAD_REQUEST)
    return msgspec.Raw(bytes(asked.get("id", _NULL))), method.removeprefix("v3/"), values
