"""What is told at the sockets and at a message bus, and heard there: an AsyncAPI 3.0 document made of the declared
events and messages."""

from __future__ import annotations

from typing import Any

import msgspec

from tradewright import __version__
from tradewright.app.api import messages
from tradewright.app.api.messages import CHANNELS, CLOSES, EVENTS
from tradewright.app.bus.subjects import DECISION, SHUTDOWN
from tradewright.app.decision_message import DecisionMessage

REF = "#/components/schemas/{name}"
ABOUT = (
    "What a running engine does, as it becomes durable: at its sockets, and at a message bus where one is configured. "
    "At the sockets a key or a token is said in the header Authorization, in the first message, or as a protocol of "
    "the handshake, and events come within messages `events`, each with its sequence number. At a bus each is a "
    "message of its own, and who may read and write is the bus's to say."
)
SAID = (messages.Authenticate, messages.Subscribe, messages.Unsubscribe)
ANSWERED = (
    messages.Welcome,
    messages.Subscribed,
    messages.Events,
    messages.Heartbeat,
    messages.Resync,
    messages.Refused,
)
#: Subjects at a bus begin with it where the configuration says no other prefix.
PREFIX = "ai-trader"
ADDRESSES = {"ws": ("/ws", "what is subscribed to"), "user": ("/trading/{userId}", "all that is one user's")}


def asyncapi_of(numbers: Any) -> dict[str, Any]:
    """numbers: makes of a schema one in which decimals are JSON numbers."""
    data = list(dict.fromkeys(kind.data for kind in EVENTS.values()))
    whole = [*SAID, *ANSWERED, messages.Envelope, messages.Price, DecisionMessage]
    schemas, components = msgspec.json.schema_components([*whole, *data], ref_template=REF)
    named = dict(zip([*whole, *data], schemas, strict=True))
    told = {one.__struct_config__.tag: {"payload": named[one]} for one in (*SAID, *ANSWERED)}
    events = {
        type: {"allOf": [named[messages.Envelope], {"properties": {"data": named[kind.data]}}]}
        for type, kind in EVENTS.items()
    }
    heard = {DECISION: named[DecisionMessage], SHUTDOWN: {}}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "tradewright", "version": __version__, "description": ABOUT},
        "defaultContentType": "application/json",
        "channels": {
            name: {
                "address": address,
                "description": text,
                "messages": {tag: {"$ref": f"#/components/messages/{tag}"} for tag in told},
                **({"parameters": {"userId": {"description": "the key's"}}} if "{" in address else {}),
            }
            for name, (address, text) in ADDRESSES.items()
        }
        | _bus_channels(events | heard),
        "operations": {
            f"{name}-{action}": {"action": action, "channel": {"$ref": f"#/channels/{name}"}}
            for name in ADDRESSES
            for action in ("send", "receive")
        }
        | _bus_operations(events, heard),
        "components": {
            "messages": {str(tag): one for tag, one in told.items()},
            "schemas": numbers(components),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "x-channels": CHANNELS,
        "x-events": {
            type: {
                "event": kind.also or type, "channels": kind.channels, "description": kind.meaning,
                "payload": events[type],
            }
            for type, kind in EVENTS.items()
        },
        "x-closes": {str(code): text for code, text in CLOSES.items()},
    }  # fmt: skip


def _bus_channels(payloads: dict[str, Any]) -> dict[str, Any]:
    """Of each type the subject, under the usual prefix."""
    return {
        f"bus-{type}": {
            "address": f"{PREFIX}.{type}",
            "description": EVENTS[type].meaning if type in EVENTS else "somebody asks it of the service",
            "messages": {type: {"payload": payload}},
        }
        for type, payload in payloads.items()
    }


def _bus_operations(events: dict[str, Any], heard: dict[str, Any]) -> dict[str, Any]:
    actions = dict.fromkeys(events, "send") | dict.fromkeys(heard, "receive")
    return {
        f"bus-{type}": {"action": action, "channel": {"$ref": f"#/channels/bus-{type}"}}
        for type, action in actions.items()
    }
