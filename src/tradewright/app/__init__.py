"""The running program: configuration, composition, the live engine, recovery and what is read back from a journal."""
