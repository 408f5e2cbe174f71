from tradewright.sim.models.fee cimport FeeModel
from tradewright.sim.models.fill cimport FillModel, PartialModel
from tradewright.sim.models.latency cimport LatencyModel
from tradewright.sim.models.queue cimport QueueModel
from tradewright.sim.models.slippage cimport SlippageModel

cdef class Models:
    cdef readonly FeeModel fee
    cdef readonly SlippageModel slippage
    cdef readonly LatencyModel latency
    cdef readonly PartialModel partial
    cdef readonly FillModel fill
    cdef readonly QueueModel queue
    cdef readonly tuple texts
