cimport cython
from tradewright.core.accounts cimport AccountState
from tradewright.core.exposure cimport Exposure
from tradewright.core.ledger cimport Book, Position
from tradewright.core.limits cimport Limits
from tradewright.core.marks cimport Mark
from tradewright.model.account cimport Account
from tradewright.model.decision cimport Check, check_of
from tradewright.model.instrument cimport Instrument
from tradewright.model.intent cimport Intent
from tradewright.model.order cimport Order

cdef str CASH, ENTRY

cdef class Proposal:
    cdef readonly Order order
    cdef readonly Intent intent
    cdef readonly AccountState account
    cdef readonly Book book
    cdef readonly Position position
    cdef readonly Mark mark
    cdef readonly int state
    cdef readonly bint opening
    cdef readonly long long reference
    cdef readonly long long judged
    cdef readonly object notional
    cdef readonly object value
    cdef readonly object need
    cdef readonly str hold_currency
    cdef readonly str hold_unit
    cdef readonly long long now
    cdef readonly long long stamp
    @cython.locals(terms=Account, instrument=Instrument, in_cash=cython.bint)
    cdef begin(
        self, Order order, Intent intent, AccountState account, Book book, Mark mark, int state, long long now,
        long long stamp
    )
    cpdef object worth(self, str currency)
    @cython.locals(price=cython.longlong)
    cdef long long _judged_price(self) except? -1
    @cython.locals(order=Order, terms=Account)
    cdef object _need(self)

cdef class Rule:
    cdef readonly str code
    cdef readonly str limit
    cdef readonly tuple also
    cdef readonly bint switches
    cdef readonly str station
    cdef readonly object bound
    cdef readonly Limits limits
    cdef readonly Exposure exposure
    cdef public long long waived
    cdef public str waiver
    cpdef list names(self, Limits limits)
    @cython.locals(rule=Rule)
    cpdef Rule bind(self, Limits limits, Exposure exposure, str name)
    cpdef Check verdict(self, bint passed, object value, object limit, str unit)
    cpdef Check check(self, Proposal proposal)
    cpdef object used(self, long long stamp, long long now)

@cython.locals(rule=Rule, check=Check)
cpdef list judge(list rules, Proposal proposal)
@cython.locals(check=Check)
cpdef bint passed(list checks)
