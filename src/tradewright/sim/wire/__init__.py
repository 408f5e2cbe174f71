"""Venues as their clients meet them: real HTTP and WebSocket doors before the simulated exchange.

A venue is a `Site`: requests and frames come in with the venue's time, answers and frames go out; nothing in it reads a
clock or touches a socket. `server` puts it behind real sockets on loopback; a proof can drive it in its own process and
its own time. Sites are written from the venues' documentation alone and share no code with the adapters they meet.
"""
