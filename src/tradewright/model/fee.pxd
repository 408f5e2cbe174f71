from tradewright.model.instrument cimport Instrument

cdef class FeeEstimate:
    cdef readonly long long ppm
    cdef readonly object per_size
    cdef readonly object minimum
    cpdef object of(self, Instrument instrument, object notional, long long size)
