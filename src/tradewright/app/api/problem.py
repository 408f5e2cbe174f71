"""What is answered where a request can not be: problem+json (RFC 9457) with a code of ours."""

from __future__ import annotations

import re

import msgspec

MEDIA = "application/problem+json"
#: (status, what it means) by code. Texts for persons; programs go by the code.
CODES = {
    "UNAUTHORIZED": (401, "no key or token, or one that is not good: send `Authorization: Bearer KEY`"),
    "FORBIDDEN": (403, "the key lacks the scope that this needs"),
    "NOT_FOUND": (404, "there is nothing by that name, or the key does not see it"),
    "METHOD_NOT_ALLOWED": (405, "the path knows no such method"),
    "CLIENT_ORDER_ID_TAKEN": (409, "the clientOrderId stands for an order that was asked for with other terms"),
    "ORDER_ENDED": (409, "the order has ended, so that it has no other terms"),
    "SESSION_RUNS": (409, "a session is at work on the account: it is changed, or stopped before another begins"),
    "SESSION_ENDED": (409, "the session is stopped: another one begins with a start"),
    "ACCOUNT_HALTED": (
        409,
        "the account or its session is stopped by somebody else than its user: who may re-arm it has to",
    ),
    "TIMED_OUT": (408, "the body did not come in time"),
    "BODY_TOO_LARGE": (413, "the body is larger than any request of this interface"),
    "INVALID_REQUEST": (422, "a parameter or the body is not what it has to be"),
    "ACCOUNT_NEEDED": (422, "there are several accounts: say which one by ?account="),
    "RATE_LIMITED": (429, "too many requests; Retry-After says when to come again"),
    "INTERNAL": (500, "a defect of this program; its log has it"),
    "NOT_DURABLE": (503, "the journal does not take what was decided, so nothing can be answered"),
    "KEYS_UNREADABLE": (503, "the file of keys can not be read, so nobody is known"),
    "BUSY": (503, "as many of these requests as are worked on at once are under way"),
    "STANDING_BY": (503, "another engine owns the accounts, or may: ask that one"),
    "STOPPING": (503, "the service ends"),
}


class Problem(Exception):
    """Why a request is not carried out. retry: seconds until another try makes sense, 0 = none does."""

    def __init__(self, code: str, detail: str = "", retry: int = 0) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.retry = retry

    @property
    def status(self) -> int:
        return CODES[self.code][0]

    def headers(self) -> dict[str, str]:
        found = {"content-type": MEDIA}
        if self.retry:
            found["retry-after"] = str(self.retry)
        if self.status == 401:
            found["www-authenticate"] = "Bearer"
        return found

    def body(self) -> bytes:
        return msgspec.json.encode(ProblemBody(CODES[self.code][1], self.status, self.code, self.detail))


#: What may be a key, if there are digits and letters in it.
_LONG = re.compile(rb"[A-Za-z0-9_.~+/=-]{16,}")
#: Sentences repeat no more of what they refuse.
REPEATED_MAX = 40


def unrepeated(detail: str, said: bytes) -> str:
    """A sentence about what somebody said, without what in it may be a key in the wrong place."""
    for word in {word.decode() for word in _LONG.findall(said)}:
        if any(map(str.isdigit, word)) and any(map(str.isalpha, word)):
            detail = detail.replace(word, "…").replace(word[:REPEATED_MAX], "…")
    return detail


class ProblemBody(msgspec.Struct):
    """title: what the code means; detail: what it was this time."""

    title: str
    status: int
    code: str
    detail: str


def place_of(error: BaseException) -> str:
    """The kind of an error, and where it was raised: its text may hold what somebody asked."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = "" if at is None else f" in {at.tb_frame.f_code.co_qualname}:{at.tb_lineno}"
    return f"{type(error).__name__}{where}"
