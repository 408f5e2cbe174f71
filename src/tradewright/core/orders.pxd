cimport cython
from tradewright.model.order cimport Order
from tradewright.model.report cimport Fill, Replaced, Report


@cython.locals(edge=tuple)
cpdef int stage_after(int kind, int stage) except -1

cdef class OrderState:
    cdef readonly Order order
    cdef public int stage
    cdef public long long filled
    cdef public object value
    cdef readonly dict fees
    cdef readonly dict trades
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
    cpdef bint is_open(self)
    cpdef long long remaining(self) except -1
    cpdef bint has_unknown(self)
    cpdef bint admit(self, Report report) except -1
    @cython.locals(kind=int, before=int, was_open=cython.bint, fresh=cython.bint)
    cpdef bint apply_report(self, Report report) except -1
    cdef _settle(self, Report report, bint was_open, int before)
    @cython.locals(price=object)
    cdef _apply_fill(self, Fill fill, int before)
    cdef _apply_accepted(self, Report accepted)
    cdef _apply_unknown(self, str request)
    cdef _apply_replaced(self, Replaced replaced)

cdef int _refused(int request) except -1
