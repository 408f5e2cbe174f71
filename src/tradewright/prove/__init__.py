"""Proofs that run the real program and try to break it: a process that ends dead at a named place (`crash`)."""
