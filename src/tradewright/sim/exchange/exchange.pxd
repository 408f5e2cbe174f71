cimport cython

from tradewright.model.command cimport Command
from tradewright.model.event cimport Event
from tradewright.model.market cimport Bar, Depth, Quote, QuoteBar, Trade
from tradewright.sim.exchange.book cimport Book
from tradewright.sim.exchange.market cimport Market
from tradewright.sim.exchange.matching cimport Matching
from tradewright.sim.exchange.working cimport Working
from tradewright.sim.models.fill cimport PartialModel

cdef class Exchange(Matching):
    cdef public list pending
    cdef public long long last_arrival
    cdef public bint running
    cdef public int phase
    cdef public long long start
    cdef public Event event_now
    cdef public Market market_now
    cdef public long long volume_now
    cdef public long long cursor

    @cython.locals(arrival=cython.longlong, answers=cython.bint)
    cpdef execute(self, Command command)
    @cython.locals(market=Market, bar=Bar)
    cpdef run(self, Event event)
    cpdef due(self, long long time)
    cdef _start_call(self, long long time)
    cdef _end_call(self)
    @cython.locals(phase=cython.int)
    cdef bint _advance(self) except? 1
    @cython.locals(book=Book, market=Market)
    cdef bint _stand(self) except? 1
    cdef bint _arrive(self, long long until) except? 1
    @cython.locals(market=Market, until=cython.longlong)
    cdef bint _close_sessions(self) except? 1
    @cython.locals(book=Book, w=Working)
    cdef bint _closing_trades(self, Market market, long long until) except? 1
    @cython.locals(event=Event, market=Market, book=Book, model=PartialModel, bounded=cython.bint)
    cdef bint _begin(self) except? 1
    @cython.locals(kind=cython.int, bar=Bar, quote_bar=QuoteBar, trade=Trade)
    cdef bint _see(self, Event event, Market market) except? 1
    @cython.locals(book=Book)
    cdef bint _match(self, Market market) except? 1
    @cython.locals(last=cython.int)
    cdef bint _next_moment(self, Market market) except? 1
    cdef _finish(self, Market market)
