"""The nouns of trading. Nothing here decides, waits, reads a clock or draws a random number."""
