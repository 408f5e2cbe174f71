cimport cython

from tradewright.model.instrument cimport Instrument
from tradewright.model.market cimport Bar, Depth, Quote, QuoteBar, Trade
from tradewright.sim.exchange.book cimport Account, Book

cdef class Market:
    cdef public Instrument instrument
    cdef public list books
    cdef public long long working
    cdef public long long wake
    cdef public int source
    cdef public long long bid
    cdef public long long ask
    cdef public long long bid_size
    cdef public long long ask_size
    cdef public tuple bids
    cdef public tuple asks
    cdef public long long start
    cdef public long long time
    cdef public long long before
    cdef public long long opens
    cdef public long long closes
    cdef public long long since
    cdef public bint trading
    cdef public bint first
    cdef public bint last
    cdef public long long day_from
    cdef public long long day_until
    cdef public bint always
    cdef object _calendar

    @cython.locals(book=Book)
    cpdef Book book(self, Account account)
    cpdef bint see_bar(self, Bar bar)
    cpdef bint see_quote_bar(self, QuoteBar bar)
    cpdef bint see_quote(self, Quote quote)
    cpdef bint see_depth(self, Depth depth)
    cpdef bint see_trade(self, Trade trade)
    cdef _tick(self, int source, long long time)
    cpdef place_in_session(self, long long start, long long end)
    cpdef long long day_end(self, long long time)
    cpdef long long next_open(self, long long time)
    @cython.locals(price=cython.longlong, size=cython.longlong, total=cython.longlong)
    cpdef long long shown(self, int side, long long bound, bint bounded, long long taken)
    @cython.locals(best=cython.longlong, size=cython.longlong, level=cython.longlong)
    cpdef long long displayed(self, int side, long long price)
