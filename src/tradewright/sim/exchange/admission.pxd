cimport cython

from tradewright.model.instrument cimport Instrument, OrderRules
from tradewright.model.order cimport Order
from tradewright.sim.exchange.book cimport Book
from tradewright.sim.exchange.market cimport Market
from tradewright.sim.exchange.supported cimport refusal

cdef int LIMIT, OPG, POST_ONLY, REDUCE_ONLY, SELL, STOP, STOP_LIMIT, TRAILING_STOP, NO_DATA

cpdef str order_refusal(Order order, Market market, Book book)

@cython.locals(code=str, price=cython.longlong)
cpdef str terms_refusal(
    Order order, Market market, Book book, long long quantity, long long limit, long long stop
)

@cython.locals(type=cython.int)
cpdef str price_refusal(Order order, OrderRules rules, long long limit, long long stop)

@cython.locals(rules=OrderRules, limited=cython.bint)
cpdef str size_refusal(
    Order order, Instrument instrument, long long quantity, long long limit, long long price, bint known
)

# Objects: these products pass 64 bits.
cpdef bint outside_band(object limit, object price, object band_ppm) except -1
cpdef bint below_notional(object price, object quantity, Instrument instrument) except -1
cpdef str position_refusal(Order order, Market market, Book book, long long quantity)
cpdef long long sellable(Market market, Book book) except? -1
cpdef bint would_take(int side, long long limit, Market market, Book book) except -1
