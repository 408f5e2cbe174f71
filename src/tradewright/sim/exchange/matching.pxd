cimport cython

from tradewright.model.instrument cimport Instrument
from tradewright.model.report cimport Fill
from tradewright.sim.exchange.book cimport Account, Book
from tradewright.sim.exchange.desk cimport Desk
from tradewright.sim.exchange.market cimport Market
from tradewright.sim.exchange.path cimport Path
from tradewright.sim.exchange.working cimport Working
from tradewright.sim.models.fee cimport FeeModel

cdef class Matching(Desk):
    cdef public int point
    cdef public Path path
    cdef public long long event
    cdef public long long print_price
    cdef public long long print_size
    cdef public int print_side
    cdef public Working asking
    cdef public long long asking_price
    cdef public bint asking_maker

    @cython.locals(book=Book)
    cpdef Book book(self, Market market, Account account)
    @cython.locals(book=Book)
    cpdef enter(self, Market market, int point)
    @cython.locals(point=cython.int, path=Path, joins=cython.bint)
    cpdef aim(self, Market market, Book book)
    @cython.locals(w=Working)
    cpdef settle(self, Market market, Book book)
    @cython.locals(w=Working, first=Working, least=cython.double, far=cython.double)
    cpdef bint act(self, Market market, Book book) except? 1
    @cython.locals(point=cython.int, convention=cython.int)
    cpdef bint eligible(self, Working w, Market market) except? 1
    cpdef bint meets_print(self, Working w, Market market) except? 1
    @cython.locals(side=cython.int, now=cython.longlong, to=cython.longlong)
    cpdef double reach(self, Working w, Market market, Book book) except? -1
    cpdef long long level(self, Working w, Market market) except? -1
    @cython.locals(seen=cython.longlong)
    cpdef follow(self, Working w, Book book)
    cpdef move(self, Book book, int side, long long price, double part)
    @cython.locals(side=cython.int, now=cython.longlong, looks_first=cython.bint)
    cpdef perform(self, Working w, Market market, Book book, double part)
    @cython.locals(chance=cython.double)
    cpdef bint touched(self, Working w, Market market, long long now) except? 1
    cpdef leave(self, Working w)
    @cython.locals(wanted=cython.longlong, allowed=cython.longlong, size=cython.longlong)
    cpdef fill(self, Working w, Market market, Book book, long long price, bint maker)
    cpdef long long allowed(self, Working w, Market market, Book book) except? -1
    cpdef long long room(self, Working w, Market market, Book book, long long price, bint maker) except? -1
    @cython.locals(at=cython.longlong)
    cpdef ask(self, Working w, Market market, long long price, long long size, bint maker)
    @cython.locals(
        side=cython.int, skip=cython.longlong, left=cython.longlong, here=cython.longlong, price=cython.longlong,
        shown=cython.longlong,
    )
    cpdef walk(self, Working w, Market market, Book book, long long size)
    @cython.locals(slip=cython.longlong, at=cython.longlong)
    cpdef long long slipped(self, Working w, Market market, long long price, long long size) except? -1
    cpdef long long volume(self, Working w, Market market) except? -1
    @cython.locals(at=cython.longlong, instrument=Instrument, side=cython.int, report=Fill, currency=str)
    cpdef execute_at(self, Working w, Market market, Book book, long long price, long long size, bint maker)
    @cython.locals(model=FeeModel, account=Account, currency=str)
    cpdef charge(self, Working w, Instrument instrument, Book book, long long price, long long size, bint maker)

cpdef object notional(object price, object size, object money_factor)
cpdef long long between(long long now, long long to, double part)
