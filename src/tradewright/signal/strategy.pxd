from tradewright.signal.hand cimport Hand
from tradewright.signal.terms cimport fill_in, price_count, size_count

cdef int BUY, SELL
