"""The exchange of a shadow account: it is in this process, whatever venue the account is at that it shadows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from tradewright.app.config_keys import AccountBlock, ShadowBlock
from tradewright.app.home import SHADOW
from tradewright.model.account import NETTING, Account
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import Number
from tradewright.model.rng import Rng
from tradewright.model.shadow import CASH, ShadowTerms
from tradewright.ports import Clock
from tradewright.sim.models import Models
from tradewright.sim.paper import PaperVenue
from tradewright.sim.paper_account import PaperAccount


def options_of(block: ShadowBlock) -> dict[str, Number]:
    """As `model.shadow.terms_from` takes them."""
    return {one.encode_name: getattr(block, one.name) for one in msgspec.structs.fields(block)}


def shadow_models(account: AccountBlock, terms: Account, shadow: ShadowTerms) -> Models:
    """Fills at the next close, with the fees of the account. Raises InputError for a slippage that is none."""
    fee = account.fees if account.venue == "paper" else f"ppm:{terms.fee.ppm}"
    return Models(fee=fee, slippage=shadow.slippage, fill="next_close")


def shadow_exchange(
    folder: Path, account: AccountBlock, terms: Account, shadow: ShadowTerms, instruments: Sequence[Instrument],
    clock: Clock, deliver: Callable[[Event], None],
) -> PaperAccount:  # fmt: skip
    """The shadow of the account with these terms, with a book of its own in the run's folder."""
    venue = PaperVenue(folder / SHADOW, shadow_models(account, terms, shadow), Rng(account.seed), instruments)
    venue.open_account(shadow.name, NETTING, {terms.currency: CASH})
    return PaperAccount(shadow.name, venue, clock, deliver, tuple(one.symbol for one in instruments))
