cimport cython
from tradewright.model.event cimport Event
from tradewright.model.intent cimport Intent
from tradewright.model.market cimport MarketEvent
from tradewright.signal.indicators.indicator cimport Indicator

cdef int BAR, DEPTH, QUOTE, QUOTE_BAR, TIMER, TRADE

cdef class Runner:
    cdef readonly object strategy
    cdef readonly object spec
    cdef readonly list identity
    cdef readonly str key
    cdef readonly list indicators
    cdef readonly list intents
    cdef readonly list unheld
    cdef readonly list signals
    cdef readonly bint votes
    cdef public object panel
    cdef readonly list tallies
    cdef readonly object ensemble
    cdef readonly str decides
    cdef readonly str timer
    cdef readonly dict waiting
    cdef readonly object on_bar
    cdef readonly bint wants_bar
    cdef readonly bint wants_quote
    cdef readonly bint wants_trade
    cdef readonly bint wants_depth
    @cython.locals(kind=cython.int)
    cpdef feed(self, MarketEvent event)
    @cython.locals(indicator=Indicator)
    cpdef follow(self, MarketEvent event)
    cpdef discard(self)
    cpdef list hold_back(self, Event event)
    cpdef bint wants(self, int kind)

@cython.locals(intent=Intent, confidence=cython.double)
cpdef tuple rank_of(Runner runner)
