"""The hours of an order: when it may work, when what is left of it expires, and when the auctions take orders."""

from __future__ import annotations

from tradewright.model.zone import day_of, day_start
from tradewright.sim.wire.alpaca.account import Account
from tradewright.sim.wire.alpaca.assets import CRYPTO
from tradewright.sim.wire.alpaca.codes import unprocessable
from tradewright.sim.wire.alpaca.notation import NEW_YORK
from tradewright.sim.wire.alpaca.orders import Terms
from tradewright.sim.wire.alpaca.sessions import is_open, local_minute, next_open, session_at

GTC_DAYS = 90
#: (first, last) minute in New York in which an auction order is refused.
_CLOSED_TO = {"opg": (9 * 60 + 28, 19 * 60), "cls": (15 * 60 + 50, 19 * 60)}


def judge_auction(terms: Terms, now: int) -> None:
    refused = _CLOSED_TO.get(terms.time_in_force)
    if refused and session_at(now).day == day_of(NEW_YORK, now) and refused[0] <= local_minute(now) < refused[1]:
        raise unprocessable(f"{terms.time_in_force} orders are not accepted at this time")


def begins(account: Account, terms: Terms, now: int) -> int:
    """When the order may work: now, or at the next session that is for it."""
    if terms.asset.asset_class == CRYPTO or terms.time_in_force in ("opg", "cls"):
        return now
    if not terms.extended_hours:
        return now if is_open(now) else next_open(now)
    session = session_at(now)
    by_night = terms.asset.overnight and not account.settings["disable_overnight_trading"]
    return max(now, session.night if by_night else session.pre)


def ends(account: Account, terms: Terms, now: int) -> int:
    """When what is left of it expires; 0: it does not by itself."""
    if terms.time_in_force == "gtc":
        return day_start(NEW_YORK, day_of(NEW_YORK, now) + GTC_DAYS)
    if terms.time_in_force != "day":
        return 0
    session = session_at(begins(account, terms, now))
    return session.ends if terms.extended_hours else session.closes
