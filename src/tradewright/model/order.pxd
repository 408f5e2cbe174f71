from tradewright.model.instrument cimport Instrument

cdef class Order:
    cdef readonly str id
    cdef readonly str account
    cdef readonly str strategy
    cdef readonly Instrument instrument
    cdef readonly int side
    cdef public int type
    cdef public long long quantity
    cdef public long long limit_units
    cdef public long long stop_units
    cdef readonly long long trail_units
    cdef readonly long long trail_ppm
    cdef readonly int time_in_force
    cdef readonly int flags
    cdef readonly str lot
    cdef readonly str parent
    cdef readonly str group
    cdef readonly str role
    cdef readonly long long size_ppm
    cdef readonly long long decision
    cdef public long long time
