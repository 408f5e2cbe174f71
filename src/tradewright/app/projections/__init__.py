"""Tables of what an engine did, told from its journal: nothing that decides reads them, and nothing is lost with them.

A process of its own (`process`, looked after by `keeper`) follows the journal of a service; `rebuild` tells it anew.
`projector` folds records and says what becomes of rows, `follower` takes that to a Store with the place it has reached.
"""
