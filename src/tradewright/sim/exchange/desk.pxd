cimport cython

from tradewright.model.command cimport Command, Replace, Submit
from tradewright.model.instrument cimport Instrument
from tradewright.model.order cimport Order
from tradewright.sim.exchange.book cimport Account, Book
from tradewright.sim.exchange.market cimport Market
from tradewright.sim.exchange.working cimport Working
from tradewright.sim.models.models cimport Models

cdef class Desk:
    cdef public Models models
    cdef public dict accounts
    cdef public dict markets
    cdef public dict orders
    cdef public dict groups
    cdef public list history
    cdef public list out
    cdef public list fresh
    cdef public Market here
    cdef public long long now
    cdef public long long at
    cdef public long long moment
    cdef public long long count
    cdef public long long trades
    cdef public long long wake
    cdef public object rng_fills
    cdef public object rng_latency

    @cython.locals(market=Market)
    cpdef Market market(self, Instrument instrument)
    cpdef Book book(self, Market market, Account account)
    cpdef Book book_of(self, Working w)
    cpdef take(self, Command command)
    cpdef say(self, int kind, Working w, str code)
    cdef _refuse(self, int kind, str order_id, str code)
    @cython.locals(order=Order, w=Working, market=Market, account=Account, book=Book, code=str)
    cdef _submit(self, Submit submit)
    cdef _reject(self, Working w, str code)
    @cython.locals(parent=Working, code=str)
    cdef str _refusal(self, Working w, Order order, Market market, Book book)
    @cython.locals(order=Order)
    cdef _enter(self, Working w, Market market, Book book)
    cpdef freshen(self, Market market, Book book)
    @cython.locals(w=Working)
    cdef _cancel(self, str order_id)
    @cython.locals(w=Working, code=str, moved=cython.bint)
    cdef _replace(self, Replace replace)
    @cython.locals(order=Order, market=Market, book=Book, code=str)
    cdef str _replace_refusal(self, Working w, Replace replace)
    cdef _say_replaced(self, Working w)
    @cython.locals(w=Working)
    cdef _query(self, str order_id)
    @cython.locals(market=Market, child=Working, members=list, book=Book)
    cpdef end(self, Working w, int status, str code)
    cdef _shrink(self, Working w, long long quantity, str code)
    @cython.locals(other=Working, child=Working)
    cpdef filled(self, Working w, long long size)
    @cython.locals(market=Market, book=Book, code=str, slept=cython.bint)
    cdef _wake(self, Working child)
    @cython.locals(after=cython.longlong, book=Book, w=Working, other=Market)
    cpdef expire(self, Market market, long long until)
