cimport cython
from tradewright.core.accounts cimport AccountState
from tradewright.core.holds cimport Holds
from tradewright.core.ledger cimport Book, Ledger, Position
from tradewright.core.marks cimport Mark, Marks
from tradewright.model.instrument cimport Instrument

cdef class Exposure:
    cdef readonly str scope
    cdef readonly str currency
    cdef readonly str unit
    cdef readonly list accounts
    cdef readonly Ledger ledger
    cdef readonly Marks marks
    cdef readonly Holds holds
    cdef readonly dict lags
    cdef readonly dict tapes
    cdef readonly object notices
    cdef readonly dict guards
    cdef readonly str strategy
    cdef readonly str symbol
    cdef readonly str sector
    cdef readonly str coin
    cdef readonly bint whole
    cdef readonly long long stamp
    cdef readonly object long
    cdef readonly object short
    cdef readonly long long taken
    cdef readonly bint known
    cdef long long equity_stamp
    cdef object equity_now
    cpdef bint covers(self, Instrument instrument) except -1
    @cython.locals(account=AccountState, position=Position, long_size=cython.longlong, short_size=cython.longlong)
    cpdef measure(self, long long stamp)
    @cython.locals(book=Book)
    cdef _add_books(self, AccountState account)
    @cython.locals(mark=Mark, price=cython.longlong)
    cdef _add_value(self, Instrument instrument, long long long_size, long long short_size)
    cpdef object held(self, long long stamp, int side)
    @cython.locals(account=AccountState, book=Book, mark=Mark, of=Instrument, price=cython.longlong, size=object)
    cpdef object held_alike(self, Instrument instrument, str coin)
    cpdef long long slots(self, long long stamp) except -1
    @cython.locals(book=Book)
    cpdef list books(self, AccountState account)
    @cython.locals(account=AccountState)
    cpdef bint holds_book(self, Book book) except -1
    cpdef object equity(self, long long stamp)
    @cython.locals(account=AccountState)
    cdef object _equity(self)
    @cython.locals(account=AccountState)
    cpdef object started(self, bint week)
    @cython.locals(account=AccountState, book=Book, mark=Mark)
    cpdef object lost(self, long long stamp, bint week)
    @cython.locals(account=AccountState, position=Position, instrument=Instrument)
    cpdef list sizes(self)
    @cython.locals(account=AccountState, book=Book, there=Position, index=cython.longlong, size=object)
    cpdef object size_after(self, Position position, int side, long long quantity)
    cpdef bint is_new(self, Position position, Book book) except -1
