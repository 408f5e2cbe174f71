cimport cython
from tradewright.core.engine cimport Engine
from tradewright.model.instrument cimport Instrument
from tradewright.model.order cimport Order
from tradewright.model.view cimport EngineView

cdef class View(EngineView):
    cdef readonly Engine engine
    cpdef object book(self, str account, str strategy, Instrument instrument)
    cpdef str next_order_id(self, str account)
    cpdef object equity(self, str account)
    cpdef bint sizes(self, str account, str strategy) except -1
    cpdef tuple positions(self, str account)
    cpdef bint is_halted(self, str strategy) except -1
    cpdef long long price_units(self, Instrument instrument) except? -1
    @cython.locals(order=Order)
    cpdef bint is_working(self, str account, str strategy, Instrument instrument, int side, str role) except -1
    cpdef long long confidence_ppm(self, str account, str strategy, Instrument instrument) except? -1
    cpdef bint mirrors(self) except -1
    cpdef list open_orders(self, str account, str strategy, Instrument instrument)
