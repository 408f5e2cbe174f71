cimport cython
from tradewright.core.marks cimport Mark
from tradewright.model.event cimport Event
from tradewright.model.order cimport Order

cdef class HeldExit:
    cdef readonly Order order
    cdef public long long best
    @cython.locals(order=Order, best=object)
    cpdef long long stop_price(self) except? -1
    @cython.locals(order=Order, price=cython.longlong)
    cpdef follow(self, Event event, Mark mark)
    @cython.locals(order=Order, price=cython.longlong, stop=cython.longlong)
    cpdef bint triggered(self, Event event, Mark mark) except -1

cpdef long long closing_price(Mark mark, int side, long long fill) except? -1
cpdef long long favourable(Event event, Mark mark, int side) except? -1
cpdef long long adverse(Event event, Mark mark, int side) except? -1
