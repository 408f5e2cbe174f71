cimport cython
from tradewright.core.ledger cimport Book, Position
from tradewright.model.order cimport Order

cdef int MARKET
cdef str ENTRY

cdef class Hold:
    cdef readonly Order order
    cdef readonly Book book
    cdef readonly Position position
    cdef readonly str currency
    cdef public object amount
    cdef public long long quantity
    cdef public long long remaining
    cdef public object held
    cdef public long long leaving
    cdef begin(self, Order order, Book book, str currency, object amount)

cdef class Holds:
    cdef readonly dict holds
    cdef readonly dict over
    cdef readonly dict money
    @cython.locals(hold=Hold)
    cpdef reserve(self, Order order, Book book, str currency, object amount)
    @cython.locals(hold=Hold)
    cpdef adjust(self, Order order, bint is_open, long long counts)
    @cython.locals(hold=Hold)
    cpdef Hold occupy(self, Order order, Book book, str currency, object amount)
    cpdef take(self, Hold hold)
    cpdef vacate(self, Hold hold)
    @cython.locals(hold=Hold)
    cpdef list lift(self, list order_ids)
    cpdef put_back(self, list order_ids, list counts)
    @cython.locals(hold=Hold, counts=cython.longlong)
    cpdef raise_to(self, str order_id, object amount, long long quantity)
    @cython.locals(order=Order)
    cdef _enter(self, Hold hold)
    @cython.locals(order=Order, change=cython.longlong, leaving=cython.longlong, money=dict)
    cdef _set(self, Hold hold, long long counts)
    @cython.locals(hold=Hold)
    cpdef Hold of(self, str order_id)
    @cython.locals(money=dict)
    cpdef object held(self, str account, str currency)

@cython.locals(there=cython.longlong, of_lot=cython.longlong)
cpdef long long left(Book book, int side, str lot, str group) except? -1
@cython.locals(hold=Hold, order=Order, total=cython.longlong)
cdef long long _taken(Book book, int side, str lot, str group) except? -1
