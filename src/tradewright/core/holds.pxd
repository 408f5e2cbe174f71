cimport cython
from tradewright.core.ledger cimport Book, Position
from tradewright.model.order cimport Order

cdef class Hold:
    cdef readonly Order order
    cdef readonly Book book
    cdef readonly Position position
    cdef readonly str currency
    cdef readonly object amount
    cdef readonly long long quantity
    cdef public long long remaining
    cdef public object held
    cdef public bint yielded

cdef class Holds:
    cdef readonly dict holds
    cdef readonly dict money
    @cython.locals(hold=Hold)
    cpdef reserve(self, Order order, Book book, Position position, str currency, object amount)
    @cython.locals(hold=Hold)
    cpdef adjust(self, Order order, long long remaining)
    @cython.locals(hold=Hold, remaining=cython.longlong)
    cpdef yield_exit(self, str order_id)
    @cython.locals(order=Order, change=cython.longlong, money=dict)
    cdef _set(self, Hold hold, long long remaining)
    cpdef object held(self, str account, str currency)
