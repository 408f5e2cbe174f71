"""Every error tradewright raises on purpose.

TradewrightError
├── InputError           what the user gave is wrong: a file, a row, a parameter; the message names it
│   └── UsageError       the command line itself is wrong
├── ContractError        a caller broke a rule of ours (a defect; never raised by market data or a venue)
│   ├── LifeCycleError   an event the order table does not know
│   └── StateError       a strategy hung something undeclared or unencodable on itself
├── JournalError         the journal can not be trusted or written
│   ├── JournalLocked    another engine holds it
│   ├── JournalDamaged   a record, a chain hash or the structure is not what was written
│   ├── JournalTruncated it ends before its anchor
│   └── JournalFull      nothing can be written (disk full, read-only); nothing was lost
│       └── MayHaveLeft  what was asked for met it in the middle
├── TransportError       a venue could not be asked, or did not answer
│   ├── NotSent          it surely never reached the venue
│   │   └── Withheld     the last gate did not let it out
│   ├── AnswerLost       it may have reached the venue, and what came of it is not known
│   └── SocketClosed     a WebSocket ended
├── StoreError           tables can not be read or written now; what they hold stays as it is
│   └── StoreMoved       somebody else has written them meanwhile
├── BusError             a message bus can not be reached, or did not say that it keeps what it was told
├── LeaseError           who owns an account can not be asked, or was not said
├── LeaseLost            another process owns an account that was ours
├── VenueRefused         a venue answered, and the answer is no
└── NotReady             what is asked for needs something that is not there now, such as an engine that runs

A refusal by risk is a value (`model.decision`), never an exception. Overflow is the builtin OverflowError.
"""


class TradewrightError(Exception):
    """Root of all errors above; never raised itself."""


class InputError(TradewrightError):
    """The user's data, file or parameter is wrong; the message says which and what to do."""


class UsageError(InputError):
    """The command line is wrong."""


class ContractError(TradewrightError):
    """A caller inside the program broke a contract."""


class LifeCycleError(ContractError):
    """The order life-cycle table has no such edge."""


class StateError(ContractError):
    """A strategy's state is undeclared or can not be encoded."""


class JournalError(TradewrightError):
    """The journal can not be trusted or written."""


class JournalLocked(JournalError):
    """Another process holds the journal's lock."""


class JournalDamaged(JournalError):
    """A stored byte is not what was written; the message names segment, row and field."""


class JournalTruncated(JournalError):
    """The journal ends before the head that was anchored outside it."""


class JournalFull(JournalError):
    """The journal can not be written now; what was durable stays durable."""


class MayHaveLeft(JournalFull):
    """What was asked for is not on the disk; what reduces or cancels of it may have left all the same."""


class Unanswered(TradewrightError):
    """An engine was asked and did not answer: whether it has done what it was asked for is not known."""


class TransportError(TradewrightError):
    """A venue could not be asked, or did not answer."""


class NotSent(TransportError):
    """The request surely never reached the venue: it may be made again."""


class Withheld(NotSent):
    """The last gate did not let it out, and will not the next time: it may not be made again. code: why; of them
    `NOT_LEASED` alone passes."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


class AnswerLost(TransportError):
    """The request may have reached the venue; what came of it has to be looked up."""


class SocketClosed(TransportError):
    """A WebSocket ended; code: the close code of its peer, 1006 when the line broke."""

    def __init__(self, text: str, code: int = 1006) -> None:
        super().__init__(text)
        self.code = code


class VenueRefused(TradewrightError):
    """A venue answered a question with a refusal. code: its own, "" = it gave none."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class StoreError(TradewrightError):
    """A database could not be reached, or did not say that it has done what it was asked for."""


class StoreMoved(StoreError):
    """The tables are not where their writer had left them: another one has been there."""


class BusError(TradewrightError):
    """A message bus could not be reached, or did not say that it has done what it was asked for."""


class LeaseError(TradewrightError):
    """The register of leases could not be reached, or did not say that it has done what it was asked for."""


class LeaseLost(TradewrightError):
    """Another process has taken the lease of an account; this one trades it no more."""


class NotReady(TradewrightError):
    """It can not be done now; the message says what is missing."""
