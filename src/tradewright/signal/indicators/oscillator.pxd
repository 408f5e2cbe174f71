cimport cython

from tradewright.model.market cimport Bar
from tradewright.signal.indicators.indicator cimport Indicator, Series
from tradewright.signal.indicators.line cimport Line
from tradewright.signal.indicators.part cimport Smoothing
from tradewright.signal.indicators.window cimport Highest, Window

cdef class MACD(Series):
    cdef Smoothing fast_average
    cdef Smoothing slow_average
    cdef Smoothing signal_average
    cdef long long fast_delay
    cdef readonly Line fast
    cdef readonly Line slow
    cdef readonly Line signal
    cdef readonly Line histogram
    @cython.locals(difference=double)
    cpdef push(self, double x)

cdef class Stochastic(Indicator):
    cdef long long length
    cdef Highest high
    cdef Highest low
    cdef Window raw
    cdef Window smooth
    cdef readonly Line d
    @cython.locals(highest=double, lowest=double, raw=double, k=double)
    cpdef take(self, Bar bar)
