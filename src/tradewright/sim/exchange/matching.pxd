cimport cython

from tradewright.sim.exchange.book cimport Book
from tradewright.sim.exchange.desk cimport Desk
from tradewright.sim.exchange.filling cimport Filling
from tradewright.sim.exchange.market cimport Market
from tradewright.sim.exchange.path cimport Path, fall, rise
from tradewright.sim.exchange.working cimport Working

cdef int TRIGGERED, CLS, EXTENDED_HOURS, OPG, REDUCE_ONLY, STOP_LIMIT, TRAILING_STOP
cdef int CLOSE, FIRST_EXTREME, OPEN, STANDING, TICK
cdef int FROM_QUOTES, FROM_TRADES, WORKING, FRONT, NO_QUEUE, ADVERSE, NEXT_CLOSE, NEXT_OPEN
cdef double OUT_OF_REACH

cdef class Matching(Filling):
    cdef public int point
    cdef public Path path
    cdef public long long event
    cdef public long long first
    cdef public long long since

    @cython.locals(book=Book)
    cdef enter(self, Market market, int point)
    @cython.locals(point=cython.int, path=Path, joins=cython.bint, position=cython.longlong)
    cdef aim(self, Market market, Book book)
    @cython.locals(w=Working, sides=cython.int)
    cdef int entries(self, Market market, Book book) except? -2
    @cython.locals(path=Path)
    cdef bint within(self, Working w) except -1
    cdef refresh(self, Market market, Book book)
    @cython.locals(w=Working)
    cdef settle(self, Market market, Book book)
    @cython.locals(w=Working, asked=Working, beyond=cython.bint, first=Working, least=cython.double, far=cython.double)
    cdef bint act(self, Market market, Book book) except -1
    @cython.locals(point=cython.int, convention=cython.int)
    cdef bint eligible(self, Working w, Market market) except -1
    cdef bint meets_print(self, Working w, Market market) except -1
    @cython.locals(side=cython.int, now=cython.longlong, to=cython.longlong)
    cdef double reach(self, Working w, Book book) except? -1
    cdef long long level(self, Working w) except? -1
    @cython.locals(seen=cython.longlong)
    cdef follow(self, Working w, Book book)
    cdef move(self, Book book, int side, long long price, double part)
    @cython.locals(side=cython.int, now=cython.longlong, looks_first=cython.bint)
    cdef perform(self, Working w, Book book, double part)
    @cython.locals(chance=cython.double)
    cdef bint touched(self, Working w, long long now) except -1
    cdef join(self, Working w, Market market)
    @cython.locals(shown=cython.longlong)
    cdef shorten(self, Working w, Market market)
    @cython.locals(book=Book, w=Working)
    cdef see_shown(self, Market market)
    @cython.locals(kind=cython.int, book=Book, w=Working)
    cdef see_print(self, Market market)

cpdef long long between(long long now, long long to, double part) except? -1
