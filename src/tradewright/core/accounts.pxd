cimport cython
from tradewright.core.holds cimport Holds
from tradewright.core.limits cimport Limits
from tradewright.core.ledger cimport Book, Ledger, Position
from tradewright.core.marks cimport Mark, Marks
from tradewright.model.account cimport Account
from tradewright.model.instrument cimport Instrument

cdef str CASH

cdef class AccountState:
    cdef public Account terms
    cdef public Limits limits
    cdef readonly list positions
    cdef public long long day
    cdef public long long day_begin
    cdef public long long day_end
    cdef public object day_equity
    cdef public object equity_before
    cdef readonly Ledger ledger
    cdef readonly Marks marks
    cdef readonly Holds holds
    cdef readonly list books
    cdef readonly dict ranges
    cdef public object traffic
    cdef public bint guarded
    cdef public object peak
    cdef public object samples
    cdef public object gain_from
    cdef public long long flattened
    cdef public object week_equity
    cdef readonly str unit
    cdef readonly object link
    cpdef enter_day(self, long long day)
    cpdef measure(self, long long now)
    cpdef object lost_since(self, long long since)
    cpdef see(self, long long index, long long high, long long low)
    @cython.locals(position=Position)
    cpdef object equity(self)
    @cython.locals(instrument=Instrument, mark=Mark, price=cython.longlong)
    cpdef object value_of(self, Position position, object size)
    @cython.locals(position=Position, size=cython.longlong, cash=dict)
    cpdef object free(self, str quote)
    @cython.locals(position=Position, owes=cython.bint, held=cython.bint)
    cpdef bint ruined(self) except -1
    @cython.locals(position=Position, taken=cython.longlong)
    cpdef long long slots(self)
    cpdef object daily_loss(self)
