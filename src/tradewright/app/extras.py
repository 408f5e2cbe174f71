"""What is not part of the default install, and who asks for it."""

from __future__ import annotations

from importlib import import_module

from tradewright.model.errors import InputError

#: What the extra `venues` brings.
MODULES = ("aiohttp", "cryptography", "msgpack")


def check_installed(what: str) -> None:
    """Whether the extra `venues` is there. Raises InputError that says what needs it."""
    for module in MODULES:
        try:
            import_module(module)
        except ImportError as error:
            raise InputError(f"{what} needs {module}: pip install 'tradewright[venues]'") from error
