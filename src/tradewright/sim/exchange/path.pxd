from tradewright.model.market cimport Bar, QuoteBar

cdef int CLOSE, OPEN, FIRST_EXTREME, SECOND_EXTREME, TO_CLOSE
cdef double OUT_OF_REACH

cpdef double fall(long long now, long long to, long long level) except? -1
cpdef double rise(long long now, long long to, long long level) except? -1

cdef class Path:
    cdef readonly long long time_open
    cdef readonly long long time
    cdef readonly long long volume
    cdef readonly long long bid_open
    cdef readonly long long bid_high
    cdef readonly long long bid_low
    cdef readonly long long bid_close
    cdef readonly long long ask_open
    cdef readonly long long ask_high
    cdef readonly long long ask_low
    cdef readonly long long ask_close
    cpdef follow(self, Bar bar)
    cpdef follow_quotes(self, QuoteBar bar)
    cdef long long bid(self, int point, bint low_first) except? -1
    cdef long long ask(self, int point, bint low_first) except? -1
    cdef long long sets_out(self, int point) except? -1
    cdef long long moment(self, int point) except? -1
