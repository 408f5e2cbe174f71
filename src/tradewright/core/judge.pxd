cimport cython
from tradewright.core.blotter cimport Blotter
from tradewright.core.accounts cimport AccountState
from tradewright.core.holds cimport left
from tradewright.core.ledger cimport Book
from tradewright.core.marks cimport Mark
from tradewright.core.orders cimport OrderState
from tradewright.core.risk cimport Proposal, judge, passed
from tradewright.model.command cimport Cancel, approved_of, cancel_of, submit_of
from tradewright.model.decision cimport Decision
from tradewright.model.event cimport Event
from tradewright.model.instrument cimport Instrument, OrderRules
from tradewright.model.intent cimport Intent
from tradewright.model.lot cimport Lot
from tradewright.model.order cimport Order
cdef int DECISION
cdef long long PPM_ONE
cdef int HELD, NONE, REFUSED
cdef int GTC, LIMIT, MARKET, REDUCE_ONLY, STOP, TRAILING_STOP
cdef str CASH, ENTRY, EXIT, STOP_LOSS, TAKE_PROFIT

cdef class Judge(Blotter):
    @cython.locals(book=Book)
    cpdef list judge(self, Intent intent)
    cdef _begin_trail(self, Intent intent)
    @cython.locals(closable=cython.longlong, part=Intent)
    cdef _reverse(self, Book book, Intent intent, list outputs)
    @cython.locals(there=cython.longlong, largest=cython.longlong, part=Intent, rules=OrderRules)
    cdef bint _close(self, Book book, Intent intent, list outputs) except -1
    @cython.locals(lot=Lot, rest=cython.longlong, there=cython.longlong, part=Intent, every=cython.bint)
    cdef _close_lots(self, Book book, Intent intent, list outputs)
    @cython.locals(state=OrderState, order=Order, whole=cython.bint)
    cdef list _in_the_way(self, Book book, Intent intent)
    @cython.locals(parent=OrderState)
    cpdef bint awaits_fills(self, OrderState state) except -1
    @cython.locals(there=cython.longlong)
    cdef list _enough(self, Book book, Intent intent, list found)
    cdef _free(self, list freed, list outputs)
    cdef _refuse(self, Book book, Intent intent, list outputs)
    cpdef list deny(self, Intent intent, object check, str words)
    cdef _deny(self, Book book, Intent intent, list checks, str words, list outputs)
    @cython.locals(mark=Mark, account=AccountState, price=cython.longlong)
    cpdef tuple size_now(self, Intent intent, Order order)
    @cython.locals(account=AccountState, instrument=Instrument, mark=Mark, price=cython.longlong, order=Order, proposal=Proposal, made=Order, decision=Decision, rules=list, approved=cython.bint, plain=cython.bint, state=cython.int)
    cdef bint _judge_one(self, Book book, Intent intent, list freed, list outputs) except -1
    cpdef list prepare(self, Book book, Intent intent)
    cpdef list verdicts(self, Intent intent)
    cpdef list judge_part(self, Intent intent)
    cpdef list rules_of(self, Book book)
    @cython.locals(mark=Mark)
    cpdef Proposal proposal_of(self, Order order, Intent intent, Book book)
    cdef _limit(self, Intent intent)
    cdef _plan_for(self, Intent intent)
    cdef _plan_exits(self, Intent intent, list orders, list outputs)
    cpdef object sizer_of(self, str account, str strategy)
    cdef object _sizer_for(self, Intent intent)
    cdef object _sized(self, Intent intent, object sizer, AccountState account, long long price)
    @cython.locals(order=Order, decision=Decision, known=cython.longlong)
    cdef Decision _decision_of(self, Intent intent, Proposal proposal, bint approved, list orders, list checks)
    @cython.locals(order=Order, there=cython.longlong)
    cdef Order _order_of(self, Book book, Intent intent, long long quantity)
    @cython.locals(other=Book, account=AccountState)
    cdef bint _shared(self, Book book) except -1
    cdef _attach_exits(self, Intent intent, Order order, list orders)
    cpdef list attach(self, Intent intent, Order entry, list outputs)
    cpdef place_exits(self, list orders, str reason, list outputs)
    @cython.locals(state=OrderState)
    cpdef list cancel(self, str order_id, str code)
    @cython.locals(made=Order)
    cdef _place(self, Decision decision, list outputs)
    cdef bint _waits_here(self, str order_id) except -1
    cpdef emit(self, Event output, list outputs)

@cython.locals(step=cython.longlong)
cpdef long long in_steps(long long size, Instrument instrument) except? -1
@cython.locals(part=Intent)
cpdef Intent part_of(Intent intent, str order_id, long long quantity, bint closing)
