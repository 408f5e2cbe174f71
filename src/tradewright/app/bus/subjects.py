"""Names at the bus: of what is published, and of what is heard there."""

from __future__ import annotations

from tradewright.model.errors import InputError

#: Types of what is acted on.
DECISION, SHUTDOWN = "ai.decision.generated", "system.shutdown"
SESSION_OPENED, SESSION_CLOSED = "market.session.opened", "market.session.closed"
HEARD = (DECISION, SESSION_OPENED, SESSION_CLOSED, SHUTDOWN)
#: With which the types of our own events begin.
OWN = "trade"


def subject_of(type: str, prefix: str) -> str:
    """Where an event of a type is published."""
    return prefix + type.removeprefix(OWN)


def heard_at(subscription: str) -> dict[str, str]:
    """The subjects that a subscription means, each with the type of what comes there: a prefix without a wildcard, then
    a type, in which * is any word and > the rest. The shortest prefix counts. Raises InputError where it means none."""
    asked = subscription.split(".")
    found: dict[str, str] = {}
    for at in range(1, len(asked)):
        root = asked[:at]
        if not found and not {"*", ">", ""} & {*root}:
            types = (type for type in HEARD if _fits(asked[at:], type.split(".")))
            found = {".".join([*root, type]): type for type in types}
    if not found:
        raise InputError(
            f"eventBus.subscriptions: {subscription} is nothing that is acted on; "
            f"say a prefix and one of {', '.join(HEARD)}, like ai-trader.{DECISION}"
        )
    return found


def _fits(pattern: list[str], words: list[str]) -> bool:
    if pattern[-1:] == [">"]:
        return len(words) >= len(pattern) and _fits(pattern[:-1], words[: len(pattern) - 1])
    return len(pattern) == len(words) and all(one in ("*", word) for one, word in zip(pattern, words, strict=True))
