"""A file for each step. One that was released is not changed any more: the next one says what changes."""
