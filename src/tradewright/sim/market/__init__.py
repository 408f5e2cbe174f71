"""A seeded synthetic market: quotes, trades, book depth and one-minute bars with the habits of real ones.

`Market(seed, start_ns).events()` yields them in time order for ever; `universe` says what is traded, `tape` how a price
moves. Nothing here reads a clock: the same arguments give the same events, to the last unit.
"""

from tradewright.sim.market.market import Market
from tradewright.sim.market.universe import PROFILES, Listing, Profile, universe

__all__ = ["PROFILES", "Listing", "Market", "Profile", "universe"]
