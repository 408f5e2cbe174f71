from tradewright.model.event cimport Event
from tradewright.model.order cimport Order

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
