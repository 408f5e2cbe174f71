from tradewright.model.instrument cimport Instrument

cdef class SlippageModel:
    cdef readonly int kind
    cdef readonly object rate
    cpdef long long slip(self, Instrument instrument, object price, object size, object volume) except? -1
