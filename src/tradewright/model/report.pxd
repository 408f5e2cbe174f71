cimport cython
from tradewright.model.event cimport Event

cdef int FILL_PRICE, FILLED, REPLACED

cdef class Report(Event):
    cdef readonly str order_id
    cdef readonly long long time_venue
    cdef readonly str code
    cdef readonly str text
    cdef readonly long long filled_units

cdef class Fill(Report):
    cdef readonly str trade_id
    cdef readonly long long price_units
    cdef readonly long long size_units
    cdef readonly object fee
    cdef readonly str fee_currency
    cdef readonly bint maker

cdef class Replaced(Report):
    cdef readonly long long quantity
    cdef readonly long long limit_units
    cdef readonly long long stop_units

cdef class FillPrice(Report):
    cdef readonly long long price_units

@cython.locals(report=Report)
cpdef Report report_of(
    int kind, long long time, str order_id, long long time_venue, str code, str text, long long filled_units
)
@cython.locals(fill=Fill)
cpdef Fill fill_of(
    long long time, str order_id, long long time_venue, str trade_id, long long price_units, long long size_units,
    object fee, str fee_currency, bint maker
)
