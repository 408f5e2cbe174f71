"""What every venue's client needs of a network, whatever the venue says on it: a transport over real sockets, a
WebSocket that is kept, budgets of requests, growing waits between attempts, tasks, answers that can not be read, and a
look at the rules on orders.

A transport says of each request that failed whether it may have arrived; nothing here sends anything twice.
"""
