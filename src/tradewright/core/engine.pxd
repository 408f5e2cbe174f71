cimport cython
from tradewright.core.judge cimport Judge
from tradewright.core.accounts cimport AccountState
from tradewright.core.holds cimport Hold, left
from tradewright.core.ledger cimport Book
from tradewright.core.marks cimport Mark
from tradewright.core.orders cimport OrderState
from tradewright.core.risk cimport Proposal
from tradewright.model.command cimport Cancel, Query, Replace, approved_of, cancel_of, submit_of
from tradewright.model.event cimport Event
from tradewright.model.intent cimport Intent
from tradewright.model.market cimport MarketEvent
from tradewright.model.order cimport Order
from tradewright.model.report cimport Fill, FillPrice, Report
cdef int ACCEPTED, FILLED, NOT_FOUND
cdef int ACCOUNT_SNAPSHOT, CONNECTION_CHANGED, POSITION_MOVED, POSITION_SPLIT, SNAPSHOT_FAILED
cdef int HELD, NONE
cdef int ACTIVE, BUY, LIMIT, MARKET, REDUCE_ONLY, SELL
cdef str ENTRY

cdef class Engine(Judge):
    @cython.locals(state=OrderState, order=Order, account=AccountState, quantity=cython.longlong)
    cpdef list size_at_fill(self, FillPrice asked)
    @cython.locals(book=Book, mark=Mark, filling=Order)
    cdef long long _within_limits(self, Order order, AccountState account, long long quantity, long long price) except? -1
    @cython.locals(state=OrderState)
    cpdef list look_up(self)
    cpdef list react(self, Event event)
    cpdef list hear_shadow(self, Report report)
    cpdef list end_openings(self)
    @cython.locals(state=OrderState)
    cdef list _end_late_opening(self, Report accepted)
    @cython.locals(account=AccountState)
    cpdef end_days(self, long long time)
    @cython.locals(state=OrderState, order=Order, book=Book)
    cdef _end_surplus(self, Fill fill, list outputs)
    @cython.locals(hold=Hold, exit=Order, room=cython.longlong)
    cpdef end_too_large(self, Book book, list outputs)
    cpdef list tend(self, Event event)
    cpdef list protect(self, asked)
    @cython.locals(state=OrderState)
    cpdef list modify(self, Intent intent)
    cpdef list ask(self, event)
    cpdef list trail(self, Intent intent)
