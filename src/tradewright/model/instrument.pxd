cdef class OrderRules:
    cdef readonly long long tick
    cdef readonly long long step
    cdef readonly long long size_min
    cdef readonly long long size_max
    cdef readonly object notional_min
    cdef readonly long long band_ppm
    cdef readonly bint shortable
    cdef readonly bint tradable

cdef class Instrument:
    cdef public long long index
    cdef readonly str symbol
    cdef readonly str venue
    cdef readonly str asset_class
    cdef readonly str base
    cdef readonly str quote
    cdef readonly str unit
    cdef readonly int price_scale
    cdef readonly int size_scale
    cdef readonly long long contract
    cdef readonly str calendar
    cdef readonly str sector
    cdef public OrderRules rules
    cdef readonly object money_factor
    cdef readonly double price_one
    cdef readonly double size_one
