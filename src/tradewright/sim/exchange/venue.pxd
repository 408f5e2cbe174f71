from tradewright.model.command cimport Command
from tradewright.model.market cimport MarketEvent

cdef class SimulatedVenue:
    cpdef execute(self, Command command)
    cpdef run(self, MarketEvent event)
    cpdef due(self, long long time)
