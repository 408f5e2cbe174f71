cimport cython

from tradewright.model.instrument cimport Instrument
from tradewright.model.market cimport Bar, Depth, Quote, QuoteBar, Trade
from tradewright.sim.exchange.book cimport Account, Book

cdef int NO_DATA, FROM_BARS, FROM_QUOTE_BARS, FROM_TRADES, FROM_QUOTES, FROM_DEPTH
cdef long long FOREVER, SIZE_MAX, _DAY_NS

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
    cpdef Book book_of(self, Account account)
    cdef bint see_bar(self, Bar bar) except -1
    cdef bint see_quote_bar(self, QuoteBar bar) except -1
    cdef bint see_quote(self, Quote quote) except -1
    cdef bint see_depth(self, Depth depth) except -1
    cdef bint see_trade(self, Trade trade) except -1
    cdef bint _ruled(self, int source, long long since) except -1
    cdef _tick(self, int source, long long time)
    cdef place_in_session(self, long long start, long long end)
    cdef long long day_end(self, long long time) except? -1
    @cython.locals(price=cython.longlong, size=cython.longlong, total=cython.longlong)
    cdef long long shown(self, int side, long long bound, bint bounded, long long taken) except? -1
    @cython.locals(best=cython.longlong, size=cython.longlong, level=cython.longlong)
    cdef long long displayed(self, int side, long long price) except? -1
