"""Statistics of an equity curve and its trades: pure functions on float arrays; nothing here comes back into a book.

`summary.summary(...)` gives everything as one `Statistics`. Where peers differ, the difference is a named `Convention`.
Modules are imported by their own names: `shrinkage`, which every service needs, does so without numpy.
"""
