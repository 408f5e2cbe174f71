"""The MT5 Connector: a MetaTrader 5 terminal's account as a small HTTP interface, for programs that run elsewhere.

    service     requests → answers, over a terminal      server    the sockets before it
    reads       what is shown                            trades    what is done
    render      the package's tuples as JSON             wall      its clock, which is the broker's wall clock
    resolver    symbols found for certain or not at all  keys      answers kept by Idempotency-Key
    package     MetaTrader's own library, where it is

It serves one terminal and one account, since the library knows no more, and one call at a time, as it can do no more.
"""
