cimport cython
from tradewright.model.instrument cimport Instrument
from tradewright.model.intent cimport Intent
from tradewright.model.signal cimport Signal
from tradewright.model.view cimport EngineView
from tradewright.signal.indicators.indicator cimport Indicator
from tradewright.signal.indicators.line cimport Line
from tradewright.signal.patterns.pattern cimport Pattern
from tradewright.signal.terms cimport fill_in, size_count

cdef int BUY

cdef class Hand:
    cdef readonly str strategy
    cdef readonly str account
    cdef readonly dict instruments
    cdef readonly Instrument instrument
    cdef public EngineView view
    cdef readonly list indicators
    cdef readonly list patterns
    cdef readonly list intents
    cdef readonly list unheld
    cdef readonly list signals
    cdef readonly list votes
    cdef public str version
    cdef public str params_hash
    cdef str words
    cpdef Instrument of(self, symbol)
    @cython.locals(intent=Intent)
    cpdef Intent intent(self, Instrument instrument, int side)
    @cython.locals(intent=Intent)
    cpdef want_unheld(self, Instrument instrument, int side, str role, object reason)
    @cython.locals(order_id=str)
    cpdef str want(self, Intent intent)
    @cython.locals(intent=Intent, instrument=Instrument)
    cpdef str open(self, int side, object size, dict terms)
    cpdef list open_orders(self)
    @cython.locals(intent=Intent)
    cpdef cancel(self, order_id)
    @cython.locals(instrument=Instrument)
    cpdef signal(self, object action, object confidence, object reasoning, object symbol)
    @cython.locals(indicator=Indicator, line=Line, pattern=Pattern, seen=tuple, found=list)
    cpdef tuple inputs(self)
