cimport cython
from tradewright.model.instrument cimport Instrument
from tradewright.model.intent cimport Intent

cdef int BUY, EXTENDED_HOURS, LIMIT, POST_ONLY, SELL, STOP, STOP_LIMIT, TRAILING_STOP
cdef long long PRICE_MAX

@cython.locals(sized=cython.bint, planned=cython.bint)
cpdef fill_in(Intent intent, dict terms, bint opening)
cdef bint _price_term(Intent intent, str name, object value) except -1
cdef bint _plain_term(Intent intent, str name, object value) except -1
cdef bint _opening_term(Intent intent, str name, object value, dict terms) except -1
@cython.locals(units=cython.longlong, instrument=Instrument)
cpdef long long price_count(Intent intent, object price) except? -1
@cython.locals(units=cython.longlong, tick=cython.longlong, rest=cython.longlong)
cpdef long long on_tick(Intent intent, object price, bint up) except? -1
@cython.locals(units=object)
cpdef object size_count(str strategy, object size, Instrument instrument)
@cython.locals(product=cython.double, count=cython.longlong, distance=cython.double)
cpdef long long quick_count(double number, double one)
