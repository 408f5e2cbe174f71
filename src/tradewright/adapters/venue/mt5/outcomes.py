"""What an answer to a POST means for the request: one table of the trade server's retcodes, one of HTTP statuses.

A refusal has to say that it is one. An answer that could as well come from something between us and the connector (a
5xx without its body) says nothing of what was done; so does every retcode of which the server itself does not know
(ERROR, TIMEOUT, CONNECTION). Nothing of that is ever sent again: it is looked up.
"""

from __future__ import annotations

from dataclasses import dataclass

from tradewright.adapters.net.budget import SECOND_NS, retry_after
from tradewright.adapters.venue.mt5.answers import Done, Refusal, read
from tradewright.model.errors import VenueRefused
from tradewright.ports import HttpAnswer

#: Carried out, or taken.
DONE = "done"
#: Surely not done, and why.
REFUSED = "refused"
#: Nobody can say: looked up.
UNKNOWN = "unknown"
#: Surely not done, since the price moved: may be asked anew.
REQUOTED = "requoted"
#: Surely not done, since there were too many: nothing leaves until `wait_ns` is over.
LIMITED = "limited"
#: What it is about is not at work, or not open: looked up first, then refused.
GONE = "gone"
#: It is so already.
UNCHANGED = "unchanged"

RATE_LIMITED = "RATE_LIMITED"
#: Of volume, price, stops; trading disabled; one way or closing alone.
RULES = ("10014", "10015", "10016", "10017", "10042", "10043", "10044")
TOO_MANY_REQUESTS = 10024
INVALID_PRICE = 10015
INVALID_STOPS = 10016
#: The trade server's answers. What is not here and does not succeed is a refusal.
RETCODES = {
    10004: REQUOTED,  # REQUOTE
    10006: REFUSED,  # REJECT
    10007: REFUSED,  # CANCEL
    10008: DONE,  # PLACED: at work, which is no fill
    10009: DONE,  # DONE
    10010: DONE,  # DONE_PARTIAL
    10011: UNKNOWN,  # ERROR
    10012: UNKNOWN,  # TIMEOUT
    10013: REFUSED,  # INVALID
    10014: REFUSED,  # INVALID_VOLUME
    10015: REFUSED,  # INVALID_PRICE
    10016: REFUSED,  # INVALID_STOPS
    10017: REFUSED,  # TRADE_DISABLED
    10018: REFUSED,  # MARKET_CLOSED
    10019: REFUSED,  # NO_MONEY
    10020: REQUOTED,  # PRICE_CHANGED
    10021: REQUOTED,  # PRICE_OFF
    10022: REFUSED,  # INVALID_EXPIRATION
    10023: GONE,  # ORDER_CHANGED
    10024: LIMITED,  # TOO_MANY_REQUESTS
    10025: UNCHANGED,  # NO_CHANGES
    10026: REFUSED,  # SERVER_DISABLES_AT
    10027: REFUSED,  # CLIENT_DISABLES_AT
    10028: REFUSED,  # LOCKED
    10029: REFUSED,  # FROZEN
    10030: REFUSED,  # INVALID_FILL
    10031: UNKNOWN,  # CONNECTION
    10032: REFUSED,  # ONLY_REAL
    10033: REFUSED,  # LIMIT_ORDERS
    10034: REFUSED,  # LIMIT_VOLUME
    10035: GONE,  # INVALID_ORDER
    10036: GONE,  # POSITION_CLOSED
    10038: REFUSED,  # INVALID_CLOSE_VOLUME
    10039: REFUSED,  # CLOSE_ORDER_EXIST
    10040: REFUSED,  # LIMIT_POSITIONS
    10041: REFUSED,  # REJECT_CANCEL
    10042: REFUSED,  # LONG_ONLY
    10043: REFUSED,  # SHORT_ONLY
    10044: REFUSED,  # CLOSE_ONLY
    10045: REFUSED,  # FIFO_CLOSE
}
#: By status, where no retcode speaks. Any other 4xx is a refusal, anything else unknown.
STATUSES = {404: GONE, 408: UNKNOWN, 409: UNKNOWN, 429: LIMITED}
#: Where a limit does not say until when.
LIMITED_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """kind: one of the above. code, text: the venue's reason. wait_ns: how long a limit lasts. done: what was done."""

    kind: str
    code: str = ""
    text: str = ""
    wait_ns: int = 0
    done: Done | None = None

    @property
    def names_a_rule(self) -> bool:
        """Whether it may be that the symbol's rules are not those which the request was made by."""
        return self.code in RULES

    @property
    def reason(self) -> tuple[str, str]:
        """Code and text of a refusal."""
        return (RATE_LIMITED if self.kind == LIMITED else self.code), self.text


def outcome_of(answer: HttpAnswer) -> Outcome:
    """What the answer to a POST says; never raises."""
    if 200 <= answer.status < 300:
        return _carried_out(answer)
    try:
        said = read(answer.body, Refusal)
    except VenueRefused:
        said = None
    code = str(said.retcode) if said is not None and said.retcode else f"HTTP_{answer.status}"
    text = said.text if said is not None else f"status {answer.status}"
    kind = STATUSES.get(answer.status, REFUSED if 400 <= answer.status < 500 else UNKNOWN)
    if said is not None and said.outcome == "unknown":
        kind = UNKNOWN
    elif said is not None and said.retcode is not None:
        kind = RETCODES.get(said.retcode, REFUSED if said.outcome == "rejected" else UNKNOWN)
    elif said is not None and said.outcome == "rejected" and kind == UNKNOWN and answer.status != 409:
        kind = REFUSED
    wait = _wait(answer, said) if kind == LIMITED else 0
    return Outcome(kind, code, text, wait)


def _carried_out(answer: HttpAnswer) -> Outcome:
    try:
        done = read(answer.body, Done)
    except VenueRefused as error:
        return Outcome(UNKNOWN, error.code, str(error))
    if not done.success:
        # As the first connectors refused; they did not say what was done.
        return Outcome(UNKNOWN, "NO_SUCCESS", "an answer of no success without a refusal")
    kind = RETCODES.get(done.retcode, DONE) if done.retcode is not None else DONE
    return Outcome(kind if kind in (DONE, UNCHANGED) else UNKNOWN, str(done.retcode or ""), "", 0, done)


def _wait(answer: HttpAnswer, said: Refusal | None) -> int:
    """How long nothing may leave."""
    wait = retry_after(answer) or 0
    if not wait and said is not None and said.retry_after is not None and 0 < said.retry_after < 10**7:
        wait = round(said.retry_after) * SECOND_NS
    return max(wait, LIMITED_NS)
