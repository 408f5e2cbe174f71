cimport cython
from tradewright.core.orders cimport OrderState
from tradewright.model.decision cimport Decision
from tradewright.model.event cimport Event
from tradewright.model.order cimport Order
from tradewright.model.report cimport Fill
from tradewright.trader.trader cimport Outcome, Trader

cdef int DECISION, FILLED, REJECTED, SESSION_STOPPED, STRATEGY_HALTED, SUBMIT

cdef class Booked:
    cdef readonly long long time
    cdef readonly Order order
    cdef readonly Fill fill
    cdef begin(self, long long time, Order order, Fill fill)

cdef class Recorder:
    cdef readonly Trader trader
    cdef readonly list fills
    cdef readonly list matches
    cdef readonly long long orders
    cdef readonly long long denied
    cdef readonly dict denials
    cdef readonly long long rejected
    cdef readonly list decisions
    cdef readonly bint keep_decisions
    cdef readonly list alarms
    cdef readonly dict halts
    cdef readonly object journal
    cdef readonly list shadow
    @cython.locals(outcome=Outcome, output=Event, decision=Decision, state=OrderState, booked=Booked, halt=object, outputs=list)
    cpdef list step(self, Event event)
    cdef list _without_shadow(self, object board, list outputs)
