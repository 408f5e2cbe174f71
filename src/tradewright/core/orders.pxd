cimport cython
from tradewright.core.life_cycle cimport stage_after
from tradewright.model.order cimport Order
from tradewright.model.report cimport Fill, Replaced, Report

cdef int ACCEPTED, CANCEL_REJECTED, OUTCOME_UNKNOWN, REPLACE_REJECTED
cdef int ENDED_CANCELLED, ENDED_NOT_FOUND, NONE, REFUSED, SENT, SUBMITTED, UNKNOWN, WORKING
cdef long long SIZE_MAX
cdef dict _NO_FEES, _NO_TRADES

cdef class OrderState:
    cdef public Order order
    cdef public int stage
    cdef public long long filled
    cdef public object value
    cdef public dict fees
    cdef public dict trades
    cdef public int submit
    cdef public int cancel
    cdef public int replace
    cdef public bint queried
    cdef public str code
    cdef public str text
    cdef public str venue_id
    cdef public long long late
    cdef public long long time_ended
    cdef public long long time_request
    cdef public tuple terms
    cdef public long long named
    cdef public tuple asked
    cdef public bint unwanted
    cdef begin(self, Order order, int stage)
    cpdef bint is_open(self) except -1
    cpdef long long remaining(self) except -1
    @cython.locals(left=cython.longlong)
    cpdef long long wanted(self) except -1
    cpdef bint has_unknown(self)
    @cython.locals(fill=Fill)
    cpdef bint admit(self, Report report) except -1
    cpdef bint apply_report(self, Report report) except -1
    @cython.locals(kind=cython.int, before=cython.int, was_open=cython.bint)
    cpdef fold(self, Report report, bint fresh)
    cdef _settle(self, Report report, bint was_open, int before)
    @cython.locals(price=object)
    cdef _apply_fill(self, Fill fill, int before)
    @cython.locals(said=cython.longlong)
    cdef _apply_accepted(self, Report accepted)
    cdef _apply_unknown(self, str request)
    cdef _apply_replaced(self, Replaced replaced)
    cdef tuple _rank(self, tuple terms)

cdef int _refused(int request) except -1
