"""What an answer means: one table for every kind of request, read from the top; the first row that fits decides.

A refusal counts only where the venue said it in words that can be read. Whatever may have happened is UNKNOWN and is
looked up, never sent again. A throttled request reached nothing that trades.
"""

from __future__ import annotations

from dataclasses import dataclass

from tradewright.adapters.venue.alpaca.answers import Refused, read
from tradewright.adapters.venue.alpaca.notation import Unreadable
from tradewright.ports import HttpAnswer

SUBMIT, CANCEL, REPLACE, QUERY = "submit", "cancel", "replace", "query"

#: It was taken; what it says can be read.
TAKEN = "taken"
#: It was definitely refused, and nothing was done.
REFUSED = "refused"
#: Nobody can say.
UNKNOWN = "unknown"
#: Our id stands there already: the order exists.
EXISTS = "exists"
#: The order is not as we thought: it is looked up before the refusal is told.
LOOK = "look"
#: The venue knows no such order.
MISSING = "missing"
#: Too many requests: nothing was done, and nothing more may be asked for a while.
THROTTLED = "throttled"

#: Every kind of request.
ANY = ""


@dataclass(frozen=True, slots=True)
class Row:
    """request: its kind, ANY = each. statuses: first and last of HTTP. code: Alpaca's, 0 = any or none. words: part of
    its text, "" = any. readable: the body has to be a refusal that can be read."""

    request: str
    statuses: tuple[int, int]
    means: str
    code: int = 0
    words: str = ""
    readable: bool = True

    def fits(self, request: str, status: int, refusal: Refused | None) -> bool:
        if self.request not in (ANY, request) or not self.statuses[0] <= status <= self.statuses[1]:
            return False
        if refusal is None:
            return not self.readable
        return self.code in (0, refusal.code) and self.words in refusal.message.lower()


TABLE = (
    Row(ANY, (429, 429), THROTTLED, readable=False),
    Row(CANCEL, (200, 204), TAKEN, readable=False),
    Row(CANCEL, (207, 207), TAKEN, readable=False),
    Row(ANY, (200, 200), TAKEN, readable=False),
    Row(ANY, (408, 408), UNKNOWN, readable=False),
    Row(SUBMIT, (422, 422), EXISTS, words="client_order_id must be unique"),
    Row(REPLACE, (422, 422), EXISTS, words="client_order_id must be unique"),
    Row(CANCEL, (404, 404), LOOK, code=40410000),
    Row(REPLACE, (404, 404), LOOK, code=40410000),
    Row(CANCEL, (422, 422), LOOK),
    Row(REPLACE, (422, 422), LOOK),
    Row(QUERY, (404, 404), MISSING, code=40410000),
    Row(QUERY, (400, 499), UNKNOWN),
    Row(ANY, (400, 499), REFUSED),
    Row(ANY, (0, 999), UNKNOWN, readable=False),
)

WASH_TRADE = "WASH_TRADE"
#: Names of refusals that users meet: (code, part of the text) → name. The name begins the text of the report.
NAMES = (
    # Alpaca refuses it in two forms, as what the account may not do (403) and as a request that can not be done (422).
    (40310000, "wash trade", WASH_TRADE),
    (42210000, "wash trade", WASH_TRADE),
    (40310000, "insufficient qty available", "HELD_FOR_ORDERS"),
    (40310000, "insufficient buying power", "BUYING_POWER"),
    (40310000, "insufficient balance", "BALANCE"),
    (40310000, "minimal amount", "MINIMUM_COST"),
    (40310000, "closing transactions only", "CLOSING_ONLY"),
    (40310000, "not allowed to short", "SHORT"),
    (40310000, "not authorized", "PERMISSION"),
    (40310000, "rejected by user request", "SUSPENDED"),
    (40310100, "", "PATTERN_DAY_TRADING"),
    (42210000, "sub-penny", "PRICE_INCREMENT"),
    (42210000, "sold short", "SHORT"),
    (42210000, "not tradable", "NOT_TRADABLE"),
    (42210000, "not found", "NOT_TRADABLE"),
)
CLOSING_ONLY = "CLOSING_ONLY"
#: Of a new order they speak of what the asset demands, as every refusal of its parameters does (422).
RULE_NAMES = ("MINIMUM_COST", "SHORT")


@dataclass(frozen=True, slots=True)
class Verdict:
    """means: of the above; code, text: what a report says of a refusal. names_a_rule: it may be that the asset's rules
    are not those which the order was made by."""

    means: str
    code: str = ""
    text: str = ""
    names_a_rule: bool = False


def judge(request: str, answer: HttpAnswer) -> Verdict:
    """What the answer to a request means."""
    refusal = None
    if answer.status >= 400:
        try:
            refusal = read(answer.body, Refused)
        except Unreadable:
            refusal = None
    means = next(row.means for row in TABLE if row.fits(request, answer.status, refusal))
    if refusal is None:
        return Verdict(means, str(answer.status), f"the answer was {answer.status}")
    name = named(refusal)
    code = str(refusal.code or answer.status)
    ruled = request == SUBMIT and means == REFUSED and (answer.status == 422 or name in RULE_NAMES)
    ruled = ruled and name != WASH_TRADE
    return Verdict(means, code, f"{name}: {refusal.message}" if name else refusal.message, ruled)


def named(refusal: Refused) -> str:
    """The refusal's name, "" = it has none."""
    message = refusal.message.lower()
    return next((name for code, words, name in NAMES if code == refusal.code and words in message), "")
