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
    cpdef long long time(self)

cdef class Marks:
    cdef readonly list marks
    @cython.locals(bar=Bar, sides=QuoteBar, quote=Quote, trade=Trade)
    cpdef apply(self, Event event)
    @cython.locals(mark=Mark)
    cdef _last(self, Instrument instrument, long long price, long long time, long long since)
    @cython.locals(mark=Mark)
    cdef _quote(self, Instrument instrument, long long bid, long long ask, long long time)
    @cython.locals(mark=Mark, route=list)
    cpdef object convert(self, object amount, str source, str target)
    @cython.locals(mark=Mark)
    cpdef long long rate_time(self, str source, str target) except? -1
    @cython.locals(direct=Mark, first=Mark, second=Mark, mark=Mark, via=str)
    cdef list _route(self, str source, str target)
    cdef str _other_side(self, Instrument instrument, str currency)
    @cython.locals(mark=Mark, instrument=Instrument)
    cdef Mark _pair(self, str source, str target)

cpdef object exchanged(Mark mark, object amount, str source)
