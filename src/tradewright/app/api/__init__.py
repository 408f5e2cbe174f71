"""The service's interface over HTTP: reads of what the engine knows, and what a person may ask of it.

A request is answered from the engine's books as they stand, once all that they hold is durable; what is asked for
becomes the same events as a command's. Nothing here decides.
"""
