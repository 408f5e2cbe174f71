cimport cython
from tradewright.model.instrument cimport Instrument

cdef class Lot:
    cdef readonly str order_id
    cdef readonly str trade_id
    cdef readonly int side
    cdef public long long size
    cdef public long long size_open
    cdef readonly long long price_units
    cdef readonly long long time

cdef class Match:
    cdef readonly str account
    cdef readonly str strategy
    cdef readonly Instrument instrument
    cdef readonly int side
    cdef readonly long long size
    cdef readonly str open_order
    cdef readonly str open_trade
    cdef readonly long long open_units
    cdef readonly long long time_open
    cdef readonly str close_order
    cdef readonly str close_trade
    cdef readonly long long close_units
    cdef readonly long long time_close
    cdef readonly object pnl

@cython.locals(lot=Lot)
cpdef Lot lot_of(str order_id, str trade_id, int side, long long size, long long price_units, long long time)
@cython.locals(match=Match)
cpdef Match match_of(
    str account, str strategy, Instrument instrument, Lot lot, long long size, str close_order, str close_trade,
    long long close_units, long long time_close
)
