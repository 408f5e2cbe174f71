"""What goes to a message bus and comes from it: a process of its own follows the journal and publishes its facts, and
hands over what was put on the bus for the service."""
