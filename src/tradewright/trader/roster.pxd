cimport cython
from tradewright.core.engine cimport Engine
from tradewright.core.orders cimport OrderState
from tradewright.model.event cimport Event
from tradewright.model.intent cimport Intent
from tradewright.model.market cimport MarketEvent
from tradewright.model.order cimport Order
from tradewright.model.report cimport Fill
from tradewright.trader.runner cimport Runner, rank_of

cdef int MARKET_KIND_MAX, SIGNAL_FAILED, SIGNAL_RECEIVED, TIMER

cdef class Roster:
    cdef readonly Engine engine
    cdef public list runners
    cdef public list concerned
    cdef readonly object load
    cdef public object watch
    cdef public bint muted
    cdef readonly list stated
    cdef readonly dict tallies
    cdef readonly list ensembles
    cdef readonly list cyclers
    cdef readonly list places
    cdef readonly list wishes
    cdef readonly list unheld
    @cython.locals(runner=Runner, state=OrderState, order=Order)
    cpdef list run(self, Event event)
    @cython.locals(runner=Runner)
    cdef list _run_ensembles(self, Event event)
    @cython.locals(runner=Runner, concerned=list)
    cdef list _run_market(self, MarketEvent event)
    @cython.locals(engine=Engine, count=cython.longlong, halted=cython.bint, intent=Intent)
    cdef list _call(self, Runner runner, Event event, list intents)
    @cython.locals(intent=Intent)
    cdef _hand_in(self, Runner runner, list intents)
    cdef _collect(self, Runner runner, long long count)
    cdef _wait(self, Runner runner, Event event)
    @cython.locals(count=cython.longlong)
    cdef object _wish(self, Runner runner, signal)
    cdef _note(self, Runner runner, list signals)
