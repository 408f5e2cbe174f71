cimport cython

from tradewright.model.market cimport Bar
from tradewright.signal.indicators.indicator cimport Indicator, Series
from tradewright.signal.indicators.line cimport Line
from tradewright.signal.indicators.part cimport Cell, Smoothing

cdef class RSI(Series):
    cdef Cell last
    cdef Smoothing gain
    cdef Smoothing loss
    @cython.locals(change=double, movement=double)
    cpdef push(self, double x)

cdef class ATR(Indicator):
    cdef Cell close
    cdef Smoothing average
    @cython.locals(close=double)
    cpdef take(self, Bar bar)

cdef class ADX(Indicator):
    cdef Cell high
    cdef Cell low
    cdef Cell close
    cdef Smoothing plus
    cdef Smoothing minus
    cdef Smoothing range
    cdef Smoothing average
    cdef readonly Line plus_di
    cdef readonly Line minus_di
    @cython.locals(high=double, low=double, close=double, rise=double, fall=double)
    cpdef take(self, Bar bar)
    @cython.locals(span=double, total=double)
    cpdef index(self)
