from tradewright.model.instrument cimport Instrument

cdef class EngineView:
    cpdef object book(self, str account, str strategy, Instrument instrument)
    cpdef str next_order_id(self, str account)
    cpdef object equity(self, str account)
    cpdef bint sizes(self, str account, str strategy) except -1
    cpdef tuple positions(self, str account)
    cpdef bint is_halted(self, str strategy) except -1
    cpdef long long price_units(self, Instrument instrument) except? -1
    cpdef bint is_working(self, str account, str strategy, Instrument instrument, int side, str role) except -1
    cpdef long long confidence_ppm(self, str account, str strategy, Instrument instrument) except? -1
    cpdef bint mirrors(self) except -1
    cpdef list open_orders(self, str account, str strategy, Instrument instrument)
