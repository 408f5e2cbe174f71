cimport cython
from tradewright.core.engine cimport Engine
from tradewright.core.orders cimport OrderState
from tradewright.model.command cimport Cancel, Command
from tradewright.model.event cimport Event
from tradewright.model.intent cimport Intent
from tradewright.model.report cimport Report
from tradewright.trader.roster cimport Roster

cdef int CASH_MOVED, CLOSE_REQUESTED, DECISION, FILL_PRICE, FILLED, LIMITS_SET, MARKET_KIND_MAX, ORDER_REQUESTED
cdef int PROTECT_REQUESTED, RELEASE_REQUESTED, RESERVE_REQUESTED, SESSION_SET, SIGNAL, STARTED, STRATEGY_HALTED, TIMER
cdef int TRADING_STATE_SET, VOTE
cdef int CANCEL_REQUESTED, MODIFY_REQUESTED, NOT_FOUND
cdef str STRATEGY
cdef list _NO_MATCHES, _NO_ALARMS

cdef class Outcome:
    cdef readonly list outputs
    cdef readonly list commands
    cdef readonly list matches
    cdef readonly list alarms
    @cython.locals(output=Event)
    cdef begin(self, list outputs, list matches, list alarms)

cdef class Trader:
    cdef readonly Engine engine
    cdef readonly Roster roster
    cdef public object setup
    @cython.locals(engine=Engine, roster=Roster, intents=list, kind=cython.int, quiet=cython.bint)
    cpdef Outcome step(self, Event event)
    @cython.locals(engine=Engine, roster=Roster, outcome=Outcome, intent=Intent, kind=cython.int)
    cdef Outcome _decide(self, Event event, list intents, list outputs)
    @cython.locals(engine=Engine, roster=Roster)
    cdef _record_signals(self, list outputs)
    cdef _keep_places(self, list outputs)
    @cython.locals(engine=Engine, outcome=Outcome)
    cdef Outcome _outcome(self, list outputs)
    @cython.locals(state=OrderState)
    cdef list _take(self, Intent intent)
    cdef list _halts(self, Intent intent)
