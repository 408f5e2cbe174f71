"""Markets and venues that live in this process: what a strategy can be tried on without a key or a network."""
