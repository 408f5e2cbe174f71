cimport cython
cimport libc.math as math

from tradewright.model.instrument cimport Instrument
from tradewright.model.market cimport Bar
from tradewright.signal.indicators.indicator cimport Indicator, Series, Source
from tradewright.signal.indicators.line cimport Line
from tradewright.signal.indicators.window cimport Window

@cython.locals(scale=double)
cdef double correlation(double products, double squares, double squares_other) except? -1.0

cdef class RollingDeviation(Series):
    cdef Window values
    cdef long long divisor
    @cython.locals(squares=double)
    cpdef push(self, double x)

cdef class ZScore(Series):
    cdef Window values
    @cython.locals(offset=double, deviation=double)
    cpdef push(self, double x)

cdef class RollingCorrelation(Indicator):
    cdef Source first
    cdef Source second
    cdef Window x
    cdef Window y
    cpdef double unit_of(self, Instrument instrument) except? -1.0
    @cython.locals(x=double, y=double)
    cpdef take(self, Bar bar)
    cpdef update_pair(self, double x, double y)
    @cython.locals(offset_x=double, offset_y=double, products=double)
    cpdef push_pair(self, double x, double y)

cdef class RollingRegression(Series):
    cdef Window values
    cdef Window times
    cdef double offset_time
    cdef double squares_time
    cdef readonly Line slope
    cdef readonly Line intercept
    cdef readonly Line r2
    @cython.locals(offset=double, products=double, slope=double, r=double)
    cpdef push(self, double x)
