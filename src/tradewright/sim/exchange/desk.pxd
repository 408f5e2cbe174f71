cimport cython

from tradewright.model.command cimport Command, Replace, Submit
from tradewright.model.instrument cimport Instrument
from tradewright.model.order cimport Order
from tradewright.model.report cimport Fill, Replaced, Report, report_of
from tradewright.sim.exchange.admission cimport (
    order_refusal,
    position_refusal,
    sellable,
    terms_refusal,
    would_take,
)
from tradewright.sim.exchange.book cimport Account, Book
from tradewright.sim.exchange.market cimport Market
from tradewright.sim.exchange.venue cimport SimulatedVenue
from tradewright.sim.exchange.working cimport Working
from tradewright.sim.models.models cimport Models

cdef int ACCEPTED, CANCEL, CANCEL_REJECTED, CANCELLED, EXPIRED, NOT_FOUND, REJECTED, REPLACE, REPLACE_REJECTED, SUBMIT
cdef int TRIGGERED
cdef int CLS, DAY, POST_ONLY, REDUCE_ONLY, TRAILING_STOP
cdef int COMPLETE, LAPSED, REFUSED, WITHDRAWN, WORKING
cdef int FROM_QUOTES, NO_DATA, THIS_CLOSE
cdef long long FOREVER, NO_MARK

cdef class Desk(SimulatedVenue):
    cdef readonly Models models
    cdef readonly dict accounts
    cdef readonly dict markets
    cdef readonly dict orders
    cdef readonly dict groups
    cdef readonly list history
    cdef readonly object out
    cdef public list fresh
    cdef public Market here
    cdef Market newest
    cdef public long long now
    cdef public long long at
    cdef public long long moment
    cdef public long long count
    cdef public long long trades
    cdef public long long wake
    cdef public bint closing_out
    cdef public object rng_fills
    cdef public object rng_latency

    @cython.locals(market=Market)
    cdef Market market_of(self, Instrument instrument)
    cdef refresh(self, Market market, Book book)
    cdef take(self, Command command)
    cdef say(self, int kind, Working w, str code)
    cdef _refuse(self, int kind, str order_id, str code)
    @cython.locals(order=Order, w=Working, market=Market, account=Account, book=Book, code=str)
    cdef _submit(self, Submit submit)
    @cython.locals(parent=Working, code=str)
    cdef str _refusal(self, Working w, Order order)
    @cython.locals(market=Market)
    cdef _enter(self, Working w, Order order, long long stated)
    @cython.locals(market=Market, book=Book, price=cython.longlong, closes=cython.bint, tradable=cython.bint)
    cdef _activate(self, Working w, long long stated)
    @cython.locals(w=Working)
    cdef _cancel(self, str order_id)
    @cython.locals(w=Working, code=str, quantity=cython.longlong)
    cdef _replace(self, Replace replace)
    @cython.locals(order=Order, code=str, left=cython.longlong)
    cdef str _replace_refusal(self, Working w, Replace replace)
    cdef _say_replaced(self, Working w)
    @cython.locals(w=Working, fill=Fill)
    cdef _query(self, str order_id)
    cdef Fill _again(self, Fill fill)
    @cython.locals(kind=cython.int, text=str)
    cdef _say_end(self, Working w)
    @cython.locals(child=Working)
    cdef end(self, Working w, int status, str code)
    cdef _shrink(self, Working w, long long quantity, str code)
    @cython.locals(other=Working, child=Working)
    cdef filled(self, Working w, long long size)
    @cython.locals(code=str, slept=cython.bint)
    cdef _wake(self, Working child)
    @cython.locals(after=cython.longlong, book=Book, w=Working, other=Market)
    cdef expire(self, Market market, long long until)
