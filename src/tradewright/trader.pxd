cimport cython
from tradewright.core.engine cimport Engine
from tradewright.core.orders cimport OrderState
from tradewright.model.command cimport Cancel, Command
from tradewright.model.event cimport Event
from tradewright.model.instrument cimport Instrument
from tradewright.model.intent cimport Intent
from tradewright.model.market cimport MarketEvent
from tradewright.model.order cimport Order
from tradewright.model.report cimport Fill, FillPrice
from tradewright.model.view cimport EngineView
from tradewright.signal.indicators.indicator cimport Indicator

cdef int BAR, CASH_MOVED, CLOSE_REQUESTED, DECISION, DEPTH, FILL_PRICE, LIMITS_SET, MARKET_KIND_MAX, ORDER_REQUESTED
cdef int PROTECT_REQUESTED, QUOTE, QUOTE_BAR, RELEASE_REQUESTED, RESERVE_REQUESTED, SIGNAL, SIGNAL_FAILED
cdef int SIGNAL_RECEIVED, STARTED, STRATEGY_HALTED, TIMER, TRADE, TRADING_STATE_SET, VOTE
cdef str STRATEGY
cdef list _NO_MATCHES, _NO_ALARMS

@cython.no_gc
cdef class Outcome:
    cdef readonly list outputs
    cdef readonly list commands
    cdef readonly list matches
    cdef readonly list alarms
    @cython.locals(output=Event)
    cdef begin(self, list outputs, list matches, list alarms)

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

cdef class Runner:
    cdef readonly object strategy
    cdef readonly object spec
    cdef readonly list identity
    cdef readonly str key
    cdef readonly dict indicators
    cdef readonly list intents
    cdef readonly list unheld
    cdef readonly list signals
    cdef readonly bint votes
    cdef public object panel
    cdef readonly list tallies
    cdef readonly object ensemble
    cdef readonly str decides
    cdef readonly str timer
    cdef readonly dict waiting
    cdef readonly object on_bar
    cdef readonly bint wants_bar
    cdef readonly bint wants_quote
    cdef readonly bint wants_trade
    cdef readonly bint wants_depth
    @cython.locals(kind=cython.int)
    cpdef feed(self, MarketEvent event)
    @cython.locals(indicator=Indicator, indicators=list)
    cpdef follow(self, MarketEvent event)
    cpdef discard(self)
    cpdef list hold_back(self, Event event)
    cpdef bint wants(self, int kind)

cdef class Trader:
    cdef readonly Engine engine
    cdef public list runners
    cdef public list concerned
    cdef readonly object load
    cdef public object watch
    cdef public object setup
    cdef public bint muted
    cdef readonly list stated
    cdef readonly dict tallies
    cdef readonly list ensembles
    cdef readonly list cyclers
    cdef readonly list places
    cdef readonly list wishes
    @cython.locals(engine=Engine, intents=list, kind=cython.int, quiet=cython.bint)
    cpdef Outcome step(self, Event event)
    @cython.locals(engine=Engine, outcome=Outcome, intent=Intent)
    cdef Outcome _decide(self, Event event, list intents, list outputs)
    @cython.locals(engine=Engine)
    cdef _record_signals(self, list outputs)
    cdef _keep_places(self, list outputs)
    cdef _wait(self, Runner runner, Event event)
    @cython.locals(count=cython.longlong)
    cdef object _wish(self, Runner runner, signal)
    @cython.locals(engine=Engine, outcome=Outcome)
    cdef Outcome _outcome(self, list outputs)
    cdef list _score(self)
    cdef _note(self, Runner runner, list signals)
    @cython.locals(state=OrderState)
    cdef list _take(self, Intent intent)
    cdef list _halts(self, Intent intent)
    @cython.locals(runner=Runner, state=OrderState, order=Order)
    cdef list _run(self, Event event)
    @cython.locals(runner=Runner)
    cdef list _run_ensembles(self, Event event)
    @cython.locals(intent=Intent)
    cdef _hand_in(self, Runner runner, list intents)
    cdef _collect(self, Runner runner, long long count)
    @cython.locals(runner=Runner, concerned=list)
    cdef list _run_market(self, MarketEvent event)
    @cython.locals(engine=Engine, count=cython.longlong, halted=cython.bint, intent=Intent)
    cdef list _call(self, Runner runner, Event event, list intents)

@cython.locals(intent=Intent, confidence=cython.double)
cdef tuple _rank_of(Runner runner)
