cimport cython

from tradewright.model.instrument cimport Instrument
from tradewright.model.numbers cimport round_nearest

cdef class FeeModel:
    cdef readonly bint free
    cdef readonly object maker_rate
    cdef readonly object taker_rate
    cdef readonly object per_size
    cdef readonly object minimum
    cdef readonly object maximum
    cdef readonly int currency_rule
    cdef readonly str currency
    cdef readonly object currency_price
    cpdef bint in_base(self, Instrument instrument, int side) except -1
    cpdef str currency_of(self, Instrument instrument, int side)
    cpdef object charge(self, Instrument instrument, int side, object price, object size, bint maker)
    cpdef object total(self, Instrument instrument, int side, object charged)
