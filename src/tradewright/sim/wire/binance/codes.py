"""The venue's refusals: a code, its text and the HTTP status that carries it.

Texts of filters and of the matching engine are the venue's own, letter by letter, since clients match on them. A status
is 400 unless the venue says otherwise; an authority that is missing is 401.
"""

from __future__ import annotations

from tradewright.model.errors import InputError

UNKNOWN = -1000
UNAUTHORIZED = -1002
TOO_MANY_REQUESTS = -1003
TIMED_OUT = -1007
INVALID_MESSAGE = -1013
COMPOSITION = -1014
TOO_MANY_ORDERS = -1015
SHUTTING_DOWN = -1016
UNSUPPORTED = -1020
TIMESTAMP = -1021
SIGNATURE = -1022
TOO_MANY_CONNECTIONS = -1034
ILLEGAL_CHARACTERS = -1100
DUPLICATE_PARAMETER = -1101
MANDATORY = -1102
UNREAD = -1104
EMPTY = -1105
NOT_REQUIRED = -1106
OVERFLOW = -1108
PRECISION = -1111
NO_DEPTH = -1112
TIF_NOT_REQUIRED = -1114
TIF = -1115
ORDER_TYPE = -1116
SIDE = -1117
INTERVAL = -1120
SYMBOL = -1121
LISTEN_KEY = -1125
WINDOW = -1127
COMBINATION = -1128
INVALID_PARAMETER = -1130
RECV_WINDOW = -1131
STRATEGY_TYPE = -1134
BAD_JSON = -1135
CANCEL_RESTRICTIONS = -1145
DUPLICATE_SYMBOLS = -1151
OCO_TYPE = -1158
OCO_ICEBERG = -1160
OCO_BUY_LIMIT_BELOW = -1165
OCO_SELL_LIMIT_ABOVE = -1166
OCO_BOTH_LIMIT = -1168
TIME_UNIT = -1194
OCO_BUY_STOP_ABOVE = -1196
OCO_SELL_STOP_BELOW = -1197
OCO_BUY_PROFIT_BELOW = -1198
OCO_SELL_PROFIT_ABOVE = -1199
SYMBOL_STATUS = -1220
NEW_ORDER = -2010
CANCEL = -2011
NO_SUCH_ORDER = -2013
KEY_FORMAT = -2014
KEY = -2015
REPLACE_PARTLY = -2021
REPLACE_FAILED = -2022
ARCHIVED = -2026
SUBSCRIBED_ALREADY = -2035
NOT_SUBSCRIBED = -2036
AMEND = -2038
CLIENT_ID_MISMATCH = -2039
SUBSCRIPTIONS_SPENT = -2042
NO_REFERENCE_PRICE = -2043

BAD_REQUEST, NOT_AUTHORIZED, NOT_FOUND, CONFLICT, GONE, BANNED, TOO_MANY = 400, 401, 404, 409, 410, 418, 429
UNAVAILABLE = 503

#: What the matching engine says.
UNKNOWN_ORDER = "Unknown order sent."
DUPLICATE_ORDER = "Duplicate order sent."
MARKET_CLOSED = "Market is closed."
INSUFFICIENT_BALANCE = "Account has insufficient balance for requested action."
WOULD_TRIGGER = "Order would trigger immediately."
WOULD_TAKE = "Order would immediately match and take."
OCO_PRICES = "The relationship of the prices for the orders is not correct."
CANCEL_RESTRICTED = "Order was not canceled due to cancel restrictions."
NO_ORDER = "Order does not exist."
DISABLED = "This action is disabled on this account."


class Refusal(InputError):
    """A request that is refused: answered with `status`, and {code, msg} with `data` beside it where there is any."""

    def __init__(self, code: int, text: str, status: int = BAD_REQUEST, data: object = None) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.status = status
        self.data = data

    def content(self) -> dict[str, object]:
        content: dict[str, object] = {"code": self.code, "msg": self.text}
        if self.data is not None:
            content["data"] = self.data
        return content


def filter_failure(name: str) -> Refusal:
    """A filter of the symbol, the account or the exchange that the order does not pass."""
    return Refusal(INVALID_MESSAGE, f"Filter failure: {name}")


def mandatory(name: str) -> Refusal:
    return Refusal(MANDATORY, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def not_required(name: str) -> Refusal:
    return Refusal(NOT_REQUIRED, f"Parameter '{name}' sent when not required.")


def rejected(text: str) -> Refusal:
    """A new order that the matching engine does not take."""
    return Refusal(NEW_ORDER, text)
