cimport cython
from tradewright.model.event cimport Event
from tradewright.model.instrument cimport Instrument

cdef class Check:
    cdef readonly str code
    cdef public bint passed
    cdef readonly object value
    cdef readonly object limit
    cdef readonly str unit
    cdef public str note
    cdef readonly str station
    cdef readonly str scope
    cdef readonly long long version

@cython.locals(check=Check)
cpdef Check check_of(
    str code, bint passed, object value, object limit, str unit, str station, str scope, long long version
)

cdef class Decision(Event):
    cdef readonly long long id
    cdef readonly str account
    cdef readonly str strategy
    cdef readonly Instrument instrument
    cdef readonly bint approved
    cdef readonly list orders
    cdef readonly list checks
    cdef readonly str reason
    cdef readonly tuple inputs
    cdef readonly long long price_units
    cdef readonly long long price_age_ns
    cdef readonly object hold
    cdef readonly str hold_currency
    cdef readonly str sizing
    cdef readonly double confidence
