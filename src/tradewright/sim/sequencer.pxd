cimport cython
from tradewright.model.event cimport Event
from tradewright.model.market cimport MarketEvent
from tradewright.sim.exchange.venue cimport SimulatedVenue

cdef class Sequencer:
    cdef readonly object step
    cdef readonly SimulatedVenue venue
    cdef public bint busy
    cpdef feed(self, Event event)
    cpdef feed_as(self, MarketEvent event, list told)
    cpdef tell(self, list events, long long time)
    cpdef carry_out(self, list commands, long long time)
    cpdef settle(self, long long time)
    @cython.locals(event=Event, time=cython.longlong)
    cpdef bint run(self, object events, object over=*) except -1
    @cython.locals(heard=cython.longlong)
    cdef _hear(self, object reports, long long time)
    cdef _tell(self, Event event)
