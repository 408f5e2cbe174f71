"""`python -m tradewright` is the command line."""

from tradewright.cli import main

main()
