from tradewright.model.fee cimport FeeEstimate

cdef class Account:
    cdef readonly str name
    cdef readonly str code
    cdef readonly str venue
    cdef readonly str mode
    cdef readonly str kind
    cdef readonly str currency
    cdef readonly long long leverage
    cdef readonly str day_zone
    cdef readonly bint native_exits
    cdef readonly FeeEstimate fee
    cdef readonly str owner
    cdef readonly long long settles_ms
    cdef readonly bint remote
    cdef readonly bint reduce_only
    cdef readonly long long cash_decimals
    cdef readonly long long coin_fee_ppm
