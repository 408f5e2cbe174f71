"""The outside made real: venues, journal, stores and buses behind the Protocols of `tradewright.ports`.

An adapter translates foreign words and foreign errors at this border, once. Only `app.wiring` and `prove` name one.
"""
