cimport cython
cimport libc.math as math

from tradewright.model.market cimport Bar
from tradewright.signal.indicators.indicator cimport Indicator, Series
from tradewright.signal.indicators.line cimport Line
from tradewright.signal.indicators.part cimport Smoothing
from tradewright.signal.indicators.wilder cimport ATR
from tradewright.signal.indicators.window cimport Highest, Window

cdef class Bollinger(Series):
    cdef double width
    cdef Window values
    cdef readonly Line upper
    cdef readonly Line lower
    @cython.locals(offset=double, middle=double, reach=double)
    cpdef push(self, double x)

cdef class Keltner(Indicator):
    cdef double width
    cdef Smoothing average
    cdef readonly ATR atr
    cdef readonly Line upper
    cdef readonly Line lower
    @cython.locals(middle=double, reach=double)
    cpdef take(self, Bar bar)

cdef class Donchian(Indicator):
    cdef long long length
    cdef Highest highest
    cdef Highest lowest
    cdef readonly Line upper
    cdef readonly Line lower
    @cython.locals(high=double, low=double)
    cpdef take(self, Bar bar)
