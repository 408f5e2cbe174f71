cimport cython

cdef long long SIZE_MAX

cdef class Account:
    cdef public str name
    cdef public bint hedging
    cdef public bint shorts
    cdef public bint borrows
    cdef public dict cash
    cdef public dict fees
    cdef move(self, str currency, object amount)

cdef class OpenLot:
    cdef public str order_id
    cdef public int side
    cdef public long long size

cdef class Book:
    cdef public Account account
    cdef public str symbol
    cdef public list orders
    cdef public long long net
    cdef public long long long_units
    cdef public long long short_units
    cdef public list lots
    cdef public long long bid
    cdef public long long ask
    cdef public long long bid_to
    cdef public long long ask_to
    cdef public long long room
    cdef public long long taken_bid
    cdef public long long taken_ask
    cdef public long long printed
    cdef public bint low_first
    cdef public long long event
    @cython.locals(held=OpenLot)
    cdef long long reducible(self, int side, str lot) except? -1
    cdef fill(self, str order_id, int side, long long size, bint closes, str lot)
    @cython.locals(lot=OpenLot)
    cdef bint pay_base(self, str order_id, long long size) except -1
    @cython.locals(lot=OpenLot)
    cdef _open(self, str order_id, int side, long long size)
    @cython.locals(lot=OpenLot, part=cython.longlong, left=cython.longlong)
    cdef _close(self, int side, long long size, str named)
    cdef _count(self, int side, long long size)
