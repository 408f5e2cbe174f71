"""The deterministic core: orders, ledger, holds, risk and exits. No I/O, no clock, no random number."""
