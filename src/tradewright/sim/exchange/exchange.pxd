cimport cython

from tradewright.model.command cimport Command
from tradewright.model.instrument cimport Instrument
from tradewright.model.market cimport Bar, MarketEvent, QuoteBar, Trade
from tradewright.sim.exchange.book cimport Book
from tradewright.sim.exchange.market cimport Market
from tradewright.sim.exchange.matching cimport Matching
from tradewright.sim.exchange.working cimport Working
from tradewright.sim.models.fill cimport PartialModel

cdef int BAR, DEPTH, QUOTE, QUOTE_BAR, REPLACE, TRADE
cdef int CLOSE, OPEN, STANDING, TICK, TO_CLOSE
cdef int CLS, EXTENDED_HOURS, GTC, LIMIT, STOP, FROM_BARS, FROM_QUOTE_BARS, FROM_QUOTES, FROM_TRADES, NO_DATA, NEXT_CLOSE, WORKING
cdef int _IDLE, _ARRIVALS, _CLOSING, _MATCHING, _ENDING
cdef long long SIZE_MAX

cdef class Exchange(Matching):
    cdef public list pending
    cdef public long long last_arrival
    cdef public int phase
    cdef public long long start
    cdef public MarketEvent running_event
    cdef public Market running_market
    cdef public long long cursor

    cpdef list_instrument(self, Instrument instrument)
    @cython.locals(arrival=cython.longlong)
    cpdef execute(self, Command command)
    cdef bint _answers(self, Command command) except -1
    @cython.locals(market=Market, quiet=cython.bint, start=cython.longlong, bar=Bar)
    cpdef run(self, MarketEvent event)
    @cython.locals(book=Book, w=Working)
    cdef bint _passes(self, Market market, Bar bar) except -1
    @cython.locals(book=Book, w=Working, below=cython.bint, price=cython.longlong)
    cdef bint _misses(self, Market market, Bar bar) except -1
    cpdef due(self, long long time)
    cdef _start(self, long long time, long long start)
    @cython.locals(phase=cython.int)
    cdef bint _advance(self) except -1
    @cython.locals(book=Book, market=Market)
    cdef bint _stand(self) except -1
    cdef bint _arrive(self, long long until) except -1
    @cython.locals(only=Market, market=Market, until=cython.longlong)
    cdef bint _close_sessions(self) except -1
    @cython.locals(book=Book, w=Working)
    cdef bint _closing_trades(self, Market market, long long until) except -1
    @cython.locals(event=MarketEvent, market=Market, book=Book, model=PartialModel, bounded=cython.bint)
    cdef bint _begin(self) except -1
    @cython.locals(kind=cython.int, bar=Bar, quote_bar=QuoteBar, trade=Trade)
    cdef bint _see(self, MarketEvent event, Market market) except -1
    @cython.locals(book=Book)
    cdef bint _match(self, Market market) except -1
    @cython.locals(last=cython.int)
    cdef bint _next_moment(self, Market market) except -1
    cdef _finish(self, Market market)
