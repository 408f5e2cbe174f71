cimport cython
from tradewright.model.event cimport Event
from tradewright.model.instrument cimport Instrument
from tradewright.model.market cimport Bar, Depth, Quote, QuoteBar, Trade
from tradewright.model.order cimport Order

cdef int TRAILING_STOP

cdef class Mark:
    cdef readonly Instrument instrument
    cdef readonly object one
    cdef public long long bid
    cdef public long long ask
    cdef public long long last
    cdef public long long time_quote
    cdef public long long time_last
    cpdef long long price(self)
    cpdef long long reference(self, int side)
    @cython.locals(reference=cython.longlong, met=cython.longlong)
    cpdef long long dearest(self, Order order) except? -1
    cpdef long long reference_time(self, int side)

cdef class Marks:
    cdef readonly list marks
    @cython.locals(bar=Bar, sides=QuoteBar, quote=Quote, trade=Trade)
    cpdef apply(self, Event event)
    @cython.locals(mark=Mark)
    cdef _last(self, Instrument instrument, long long price, long long time, long long since)
    @cython.locals(mark=Mark)
    cdef _quote(self, Instrument instrument, long long bid, long long ask, long long time)
    @cython.locals(mark=Mark)
    cpdef object convert(self, object amount, str source, str target)
    @cython.locals(mark=Mark, instrument=Instrument, price=cython.longlong)
    cdef object _leg(self, object amount, str source, str target)
