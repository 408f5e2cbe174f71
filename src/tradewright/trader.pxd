cimport cython
from tradewright.core.engine cimport Engine
from tradewright.core.orders cimport OrderState
from tradewright.model.event cimport Event
from tradewright.model.intent cimport Intent
from tradewright.model.market cimport MarketEvent
from tradewright.model.order cimport Order
from tradewright.signal.indicators.indicator cimport Indicator

cdef class Outcome:
    cdef readonly list outputs
    cdef readonly list commands
    cdef readonly list matches
    cdef readonly list alarms

cdef class View:
    cdef readonly Engine engine

cdef class Runner:
    cdef readonly object strategy
    cdef readonly object spec
    cdef readonly str key
    cdef readonly dict indicators
    cdef readonly list intents
    cdef readonly bint wants_bar
    cdef readonly bint wants_quote
    cdef readonly bint wants_trade
    cdef readonly bint wants_depth
    @cython.locals(kind=int, indicator=Indicator, indicators=list)
    cpdef feed(self, MarketEvent event)
    cpdef bint wants(self, int kind)

cdef class Trader:
    cdef readonly Engine engine
    cdef public list runners
    cdef public list concerned
    cdef readonly object load
    cdef public object watch
    cdef public object setup
    cdef public bint muted
    @cython.locals(engine=Engine, intents=list)
    cpdef Outcome step(self, Event event)
    @cython.locals(engine=Engine, outcome=Outcome, intent=Intent)
    cdef Outcome _decide(self, list intents, list outputs)
    @cython.locals(state=OrderState)
    cdef list _take(self, Intent intent)
    cdef list _halts(self, Intent intent)
    @cython.locals(runner=Runner, order=Order)
    cdef list _run(self, Event event)
    @cython.locals(runner=Runner)
    cdef list _run_market(self, MarketEvent event)
    @cython.locals(engine=Engine, count=cython.longlong)
    cdef list _call(self, Runner runner, Event event, list intents)
