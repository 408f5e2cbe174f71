"""One module for each kind of message bus; all of them are `ports.Bus`.

Needs the extra `bus` (nats-py, redis).
"""
