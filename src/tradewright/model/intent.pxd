from tradewright.model.instrument cimport Instrument

cdef int GTC, MARKET

cdef class Intent:
    cdef public str order_id
    cdef readonly str account
    cdef readonly str strategy
    cdef readonly Instrument instrument
    cdef public int side
    cdef public bint closing
    cdef public long long quantity
    cdef public long long size_ppm
    cdef public object value
    cdef public bint at_fill
    cdef public int type
    cdef public long long limit_units
    cdef public long long stop_units
    cdef public long long trail_units
    cdef public long long trail_ppm
    cdef public int time_in_force
    cdef public int flags
    cdef public str lot
    cdef public long long stop_loss
    cdef public long long take_profit
    cdef public long long exit_trail_units
    cdef public long long exit_trail_ppm
    cdef public str group
    cdef public str role
    cdef public str reason
    cdef public tuple inputs
    cdef public double confidence
    cdef public bint cancels
    cdef public tuple rank
    cdef public object sizer
    cdef public long long weight_ppm
    cdef public long long weighed
    cdef public object plan
    cdef public bint trails
    cdef public bint modifies
    cdef public str reservation
    cdef public str parent
    cdef public long long parent_size
    cpdef begin(self, str order_id, str account, str strategy, Instrument instrument, int side)
