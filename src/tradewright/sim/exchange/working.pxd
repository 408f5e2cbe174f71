cimport cython

from tradewright.model.order cimport Order
from tradewright.sim.exchange.book cimport Book
from tradewright.sim.exchange.market cimport Market

cdef int FOK, IOC, LIMIT, MARKET, STOP_LIMIT, WORKING
cdef long long FOREVER, NO_MARK

cdef class Working:
    cdef public Order order
    cdef public Market market
    cdef public Book book
    cdef public long long number
    cdef public int side
    cdef public int type
    cdef public long long quantity
    cdef public long long filled
    cdef public long long open
    cdef public long long limit
    cdef public long long stop
    cdef public int time_in_force
    cdef public int flags
    cdef public int status
    cdef public bint triggered
    cdef public bint resting
    cdef public bint asked
    cdef public long long replaced
    cdef public long long born
    cdef public long long entered
    cdef public long long tried
    cdef public long long missed
    cdef public long long mark
    cdef public long long expires
    cdef public long long parted
    cdef public Working parent
    cdef public list children
    cdef public list fills
    cdef public object fee_charged
    cdef public object fee_paid
    cdef public long long time_accepted
    cdef public long long time_ended
    cdef public str code
    cdef public long long shown
    cdef public long long traded
    cdef public long long ahead
    cdef public long long reached

    cdef begin(self, Order order, Market market, Book book, long long number, long long time)
    cdef bint immediate(self) except -1
    cdef bint limited(self) except -1
    cdef bint at_market(self) except -1
    cdef bint waits(self) except -1
    @cython.locals(mark=object)
    cdef object distance(self)
    @cython.locals(most=cython.longlong)
    cdef refresh(self)
