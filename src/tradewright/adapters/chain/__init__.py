"""An order as the chain of its legs, at a venue that changes no order in place.

One order here is one leg there, or several, one after the other, where a changed order had to be placed anew. What the
venue shows of a leg (`seen`) is kept (`legs`, `book`), told (`reporter`), and asked for where it is missing
(`look_up`); requests about one order stay in their sequence (`lanes`), and each ends in a report (`attempts`). A
venue's client makes `Seen` at its wire, and says how one leg is asked for, placed and ended.
"""
