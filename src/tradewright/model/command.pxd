cimport cython
from tradewright.model.event cimport Event
from tradewright.model.order cimport Order

cdef int SUBMIT, CANCEL

cdef class Command(Event):
    cdef readonly str order_id

cdef class Approved:
    cdef readonly Order order

cdef class Submit(Command):
    cdef readonly Order order

cdef class Cancel(Command):
    cdef readonly str code
    cdef public bint here

cdef class Replace(Command):
    cdef readonly long long quantity
    cdef readonly long long limit_units
    cdef readonly long long stop_units

cdef class Query(Command):
    pass

@cython.locals(approved=Approved)
cpdef Approved approved_of(Order order)
@cython.locals(submit=Submit)
cpdef Submit submit_of(long long time, Approved approved)
@cython.locals(cancel=Cancel)
cpdef Cancel cancel_of(long long time, str order_id, str code)
