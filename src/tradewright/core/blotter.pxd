cimport cython
from tradewright.core.accounts cimport AccountState
from tradewright.core.exits cimport HeldExit, closing_price
from tradewright.core.holds cimport Hold, Holds
from tradewright.core.ledger cimport Book, Ledger, Position
from tradewright.core.marks cimport Mark, Marks
from tradewright.core.orders cimport OrderState
from tradewright.core.life_cycle cimport stage_after
from tradewright.model.account cimport Account
from tradewright.model.command cimport Cancel, Command, Query, Replace
from tradewright.model.decision cimport Decision
from tradewright.model.event cimport Event
from tradewright.model.instrument cimport Instrument
from tradewright.model.market cimport MarketEvent
from tradewright.model.order cimport Order
from tradewright.model.report cimport Fill, FillPrice, Report
cdef long long ENDED_KEPT_NS, NEVER_NS
cdef int CANCELLED, EXIT_TRIGGERED, MARKET_KIND_MAX, NOT_FOUND, OUTCOME_UNKNOWN, QUERY, REPORT_KIND_MAX, SIGNAL, SUBMIT
cdef int VOTE
cdef int DENIED, ENDED_CANCELLED, ENDED_NOT_FOUND, HELD, SENT, SUBMITTED, UNKNOWN, WORKING
cdef int ACTIVE, HALTED, LIMIT, MARKET, REDUCE_ONLY
cdef str ENTRY, EXIT, HEDGING, STOP_LOSS

cdef class Blotter:
    cdef public long long run
    cdef public long long now
    cdef readonly list instruments
    cdef readonly dict symbols
    cdef readonly dict accounts
    cdef readonly Ledger ledger
    cdef readonly Marks marks
    cdef readonly Holds holds
    cdef readonly dict orders
    cdef readonly dict exits
    cdef public dict children
    cdef public dict states
    cdef public dict causes
    cdef public dict since
    cdef public dict halted
    cdef public dict sizers
    cdef readonly dict signals
    cdef public dict plans
    cdef readonly dict guards
    cdef readonly dict stops
    cdef public long long order_count
    cdef str last_id
    cdef long long last_number
    cdef public long long decision_count
    cdef public long long denied_count
    cdef readonly object ended
    cdef public long long forget_after
    cdef public long long next_due
    cdef public list matches
    cdef public list alarms
    cdef public list noticed
    cdef public bint stopping
    cdef public long long late_events
    cdef public bint fresh_fill
    cdef readonly object gate
    cdef dict bound
    cdef public long long stamp
    cdef public list watching
    cdef public list tracked
    cdef public list guarded
    cdef public list settled
    cdef public list taping
    cdef readonly dict reservations
    cdef readonly dict sessions
    cdef readonly object parents
    cdef readonly object client_ids
    cdef readonly object decision_ids
    cdef public list targeted
    cdef public list resting
    cdef public list queueing
    cdef public object board
    cdef readonly dict inquiries
    cdef readonly dict owed
    cdef readonly dict renewed
    cdef readonly set unwanted
    cdef readonly dict turning
    cdef readonly dict at_open
    cdef public long long moves
    cdef public long long settled_moves
    cdef public long long settled_at
    cdef readonly dict unmet
    cdef Book newest
    @cython.locals(state=AccountState)
    cpdef str next_order_id(self, str account)
    cpdef Position position(self, str account, Instrument instrument)
    @cython.locals(book=Book)
    cpdef Book book(self, str account, str strategy, Instrument instrument)
    @cython.locals(hold=Hold, book=Book)
    cpdef list open_orders(self, str account, str strategy, Instrument instrument)
    cpdef int trading_state(self, str account, str strategy, str symbol) except -1
    cpdef apply(self, Event event)
    cdef _tick(self, long long time)
    cdef _apply_other(self, Event event)
    @cython.locals(order=Order, state=OrderState, account=AccountState, book=Book, stage=cython.int, exit=HeldExit)
    cdef _apply_decision(self, Decision decision)
    cpdef begin_opening(self, Order order, Book book)
    cpdef bint held_here(self, Order order) except -1
    @cython.locals(hold=Hold, other=Order, state=OrderState, terms=Account)
    cpdef bint blocked(self, Order order) except -1
    cpdef bint alone(self, Book book) except -1
    @cython.locals(number=cython.longlong)
    cdef _count_id(self, str order_id)
    @cython.locals(state=OrderState, order=Order)
    cdef _apply_command(self, Command command)
    @cython.locals(order=Order, parent=OrderState, counts=cython.longlong, filled=cython.longlong)
    cdef _post(self, OrderState state)
    cdef _end_held(self, OrderState state, str why)
    @cython.locals(report=Report, state=OrderState, order=Order, account=AccountState, was_open=cython.bint, was_lost=cython.bint, was_trade=cython.bint, was_asked=cython.bint, fresh=cython.bint)
    cdef _apply_report(self, Event event)
    @cython.locals(order=Order, as_wanted=cython.bint)
    cdef _note_exit(self, OrderState state, bint asked)
    @cython.locals(order=Order)
    cdef _begin_exit(self, HeldExit exit, Fill fill)
    cdef _book_fill(self, Order order, Fill fill)
    @cython.locals(is_trade=cython.bint, order=Order, account=AccountState, book=Book)
    cdef _count_trade(self, OrderState state, bint was_trade)
    @cython.locals(order=Order)
    cdef _alarm_fill(self, OrderState state)
    @cython.locals(exit=HeldExit, mark=Mark, index=cython.longlong)
    cdef _follow_exits(self, MarketEvent event)
    @cython.locals(state=OrderState, child=OrderState, counts=cython.longlong)
    cpdef long long unclosed(self, str parent) except? -1
    @cython.locals(book=Book, guarded=cython.longlong, there=cython.longlong)
    cdef long long _guarded(self, Order order) except? -1
    cpdef note_end(self, long long time, str order_id)
    @cython.locals(state=OrderState, until=cython.longlong)
    cdef _forget_ended(self)
    @cython.locals(state=OrderState)
    cdef bint _guards(self, str parent) except -1
