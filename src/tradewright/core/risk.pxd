cimport cython
from tradewright.core.accounts cimport AccountState
from tradewright.core.ledger cimport Book, Position
from tradewright.core.marks cimport Mark
from tradewright.model.account cimport Account
from tradewright.model.decision cimport Check
from tradewright.model.instrument cimport Instrument
from tradewright.model.order cimport Order

cdef str CASH, ENTRY

@cython.no_gc
cdef class Proposal:
    cdef readonly Order order
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
    cdef readonly long long now
    @cython.locals(terms=Account, instrument=Instrument)
    cdef begin(
        self, Order order, AccountState account, Book book, Position position, Mark mark, int state, long long now
    )
    @cython.locals(price=cython.longlong)
    cdef long long _judged_price(self) except? -1
    @cython.locals(order=Order, terms=Account)
    cdef object _need(self)

cdef class Rule:
    cdef readonly str code
    cdef readonly str limit
    cpdef Check check(self, Proposal proposal)

@cython.locals(rule=Rule, check=Check)
cpdef list judge(list rules, Proposal proposal)
@cython.locals(check=Check)
cpdef bint passed(list checks)
