"""What a strategy sees and says: indicators, strategies, votes. Pure: no I/O, no clock, no random number."""
