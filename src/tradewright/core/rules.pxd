cimport cython
from tradewright.core.accounts cimport AccountState
from tradewright.core.holds cimport left
from tradewright.core.ledger cimport Position
from tradewright.core.risk cimport Proposal, Rule
from tradewright.core.exposure cimport Exposure
from tradewright.core.limits cimport Limits
from tradewright.model.decision cimport Check
from tradewright.model.instrument cimport Instrument
from tradewright.model.order cimport Order

cdef int ACTIVE, SELL
cdef str CASH

cdef class TradingState(Rule):
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class Ready(Rule):
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class SymbolTradable(Rule):
    @cython.locals(tradable=cython.bint, order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class PriceKnown(Rule):
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class PriceFresh(Rule):
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class PriceIncrement(Rule):
    @cython.locals(tick=cython.longlong, off=cython.longlong, order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class SizeIncrement(Rule):
    @cython.locals(step=cython.longlong, good=cython.bint, order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class SizeMinimum(Rule):
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class SizeMaximum(Rule):
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class NotionalMinimum(Rule):
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class PriceCollar(Rule):
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class PriceBand(Rule):
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class OrderValue(Rule):
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class OrderQuantity(Rule):
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class PositionRange(Rule):
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class PositionQuantity(Rule):
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class PositionShare(Rule):
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class Shorting(Rule):
    @cython.locals(allowed=cython.bint, order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class BuyingPower(Rule):
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class DailyLoss(Rule):
    @cython.locals(scope=Exposure)
    cpdef object used(self, long long stamp, long long now)
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class OpenPositions(Rule):
    @cython.locals(scope=Exposure)
    cpdef object used(self, long long stamp, long long now)
    @cython.locals(order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

cdef class ReduceOnly(Rule):
    @cython.locals(there=cython.longlong, order=Order, account=AccountState, instrument=Instrument, position=Position, scope=Exposure)
    cpdef Check check(self, Proposal proposal)

@cython.locals(position=Position, size=object)
cpdef object size_after(Proposal proposal)
