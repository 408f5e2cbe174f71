from tradewright.model.market cimport Bar
from tradewright.signal.indicators.indicator cimport Series
from tradewright.signal.indicators.part cimport Smoothing
from tradewright.signal.indicators.window cimport CountWindow, Window

cdef class SMA(Series):
    cdef CountWindow counts
    cdef Window values
    cpdef take(self, Bar bar)
    cpdef push(self, double x)

cdef class EMA(Series):
    cdef long long length
    cdef Smoothing average
    cpdef push(self, double x)

cdef class WMA(Series):
    cdef Window values
    cdef Window weights
    cpdef push(self, double x)
