cimport cython
from tradewright.model.instrument cimport Instrument
from tradewright.model.lot cimport Lot, Match, lot_of, match_of
from tradewright.model.numbers cimport multiply_checked
from tradewright.model.order cimport Order
from tradewright.model.report cimport Fill

cdef int REDUCE_ONLY
cdef long long SIZE_MAX
cdef str ENTRY

cdef class BookedFill:
    cdef readonly tuple key
    cdef readonly int side
    cdef readonly long long size
    cdef readonly long long price_units
    cdef readonly long long time
    cdef readonly str order_id
    cdef readonly str trade_id
    cdef readonly bint closing
    cdef readonly str lot
    cdef begin(
        self, long long time, str order_id, str trade_id, int side, long long size, long long price_units, bint closing,
        str lot
    )

cdef class Position:
    cdef readonly str account
    cdef readonly Instrument instrument
    cdef public long long net
    cdef public long long long_size
    cdef public long long short_size
    cdef public long long buying
    cdef public long long selling
    cdef public long long opening
    cdef public long long exiting
    cdef public long long leaving
    cpdef long long size_of(self, int side) except? -1

cdef class Book:
    cdef readonly Position position
    cdef readonly str account
    cdef readonly str strategy
    cdef readonly Instrument instrument
    cdef readonly bint hedging
    cdef public list lots
    cdef public long long net
    cdef public long long long_size
    cdef public long long short_size
    cdef public object realised
    cdef readonly dict fees
    cdef readonly dict exits
    cdef public long long opening
    cdef public bint trading
    cdef public list window
    cdef public list settled_lots
    cdef public object settled_realised
    cdef readonly list matches
    cdef public long long buying
    cdef public long long selling
    cdef public long long trades
    cdef public long long last_trade
    cdef public object realised_before
    cdef public object day_result
    cdef public object week_result
    cdef public object buffer
    cdef public bint at_limit
    @cython.locals(window=list, at=cython.longlong, before=cython.longlong, in_order=cython.bint)
    cpdef add(self, BookedFill booked, list matches)
    @cython.locals(left=cython.longlong)
    cdef _match(self, BookedFill booked)
    @cython.locals(at=cython.longlong, lots=list, lot=Lot, size=cython.longlong, match=Match)
    cdef long long _close(self, BookedFill booked, long long left, str named) except? -1
    cdef _match_again(self, list changes)
    cdef _fold(self, list window)
    cpdef refold(self)
    cpdef new_day(self, long long price, bint week)
    cpdef object result(self, long long price)
    cdef _settle(self)
    @cython.locals(held=Lot)
    cpdef long long closable(self, int side, str lot) except? -1
    @cython.locals(after=cython.longlong, held=cython.longlong)
    cpdef long long grown(self, int side, long long size, bint closing) except? -1
    cpdef bint counts(self) except -1

cdef class Ledger:
    cdef readonly dict cash
    cdef readonly dict books
    cdef readonly dict beside
    cdef readonly dict positions
    cpdef move_cash(self, str account, str currency, object amount)
    @cython.locals(cash=dict)
    cdef object _cash_after(self, str account, str currency, object amount)
    @cython.locals(position=Position)
    cpdef Book book(self, str account, str strategy, Instrument instrument, bint hedging)
    cpdef Position position(self, str account, Instrument instrument)
    @cython.locals(position=Position, booked=BookedFill, size=cython.longlong, instrument=Instrument, long_before=cython.longlong, short_before=cython.longlong)
    cpdef apply_fill(self, Book book, Order order, Fill fill, list matches)
    @cython.locals(position=Position, long_before=cython.longlong, short_before=cython.longlong)
    cpdef adjust(
        self, Book book, int side, long long size, long long price_units, long long time, str id, list matches
    )
