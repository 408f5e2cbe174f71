from tradewright.core.accounts cimport AccountState
from tradewright.model.instrument cimport Instrument
from tradewright.model.intent cimport Intent

cpdef object quantity_for(AccountState account, Instrument instrument, object money, long long price)
cpdef object bought(AccountState account, Instrument instrument, object money, long long price)
cpdef tuple size(Intent intent, AccountState account, long long price)
