cimport cython

from tradewright.model.instrument cimport Instrument
from tradewright.model.numbers cimport multiply_checked
from tradewright.model.order cimport Order
from tradewright.model.report cimport Fill, FillPrice, fill_of
from tradewright.sim.exchange.admission cimport sellable
from tradewright.sim.exchange.book cimport Account, Book
from tradewright.sim.exchange.desk cimport Desk
from tradewright.sim.exchange.market cimport Market
from tradewright.sim.exchange.working cimport Working
from tradewright.sim.models.fee cimport FeeModel

cdef int FOK, OPG, REDUCE_ONLY
cdef int FROM_DEPTH, FROM_QUOTES, FROM_TRADES, LAPSED, WITHDRAWN, WORKING
cdef long long SIZE_MAX

cdef class Filling(Desk):
    cdef public long long volume
    cdef public long long print_price
    cdef public long long print_size
    cdef public int print_side
    cdef public Working asking
    cdef public long long asking_price
    cdef public bint asking_maker

    @cython.locals(wanted=cython.longlong, allowed=cython.longlong, size=cython.longlong, payable=cython.longlong)
    cdef fill(self, Working w, long long price, bint maker)
    cdef leave(self, Working w)
    cdef long long allowed(self, Working w) except? -1
    @cython.locals(book=Book)
    cdef long long room(self, Working w, long long price, bint maker) except? -1
    @cython.locals(at=cython.longlong)
    cdef ask(self, Working w, long long price, long long size, bint maker)
    @cython.locals(
        account=Account, instrument=Instrument, money=object, step=cython.longlong, least=cython.longlong,
        most=cython.longlong, half=cython.longlong,
    )
    cdef long long payable(self, Working w, long long price, long long size, bint maker) except? -1
    @cython.locals(
        instrument=Instrument, model=FeeModel, total=object, charged=object, at=cython.longlong, part=cython.longlong,
        paid=cython.longlong,
    )
    cdef object cost(self, Working w, long long price, long long size, bint maker)
    cdef bint takes_levels(self, Working w, bint maker) except -1
    @cython.locals(price=cython.longlong, part=cython.longlong)
    cdef walk(self, Working w, long long size)
    @cython.locals(
        book=Book, skip=cython.longlong, left=cython.longlong, part=cython.longlong, price=cython.longlong,
        shown=cython.longlong,
    )
    cdef list levels(self, Working w, long long size)
    @cython.locals(market=Market, volume=cython.longlong, at=cython.longlong)
    cdef long long slipped(self, Working w, long long price, long long size) except? -1
    @cython.locals(instrument=Instrument, order=Order, book=Book, side=cython.int, fill=Fill, currency=str)
    cdef execute_at(self, Working w, long long price, long long size, bint maker)
    @cython.locals(book=Book)
    cdef take_size(self, Working w, long long size, bint maker)
    @cython.locals(model=FeeModel, instrument=Instrument, account=Account, currency=str)
    cdef charge(self, Working w, object price, object size, bint maker)

cpdef object notional(object price, object size, object money_factor)
