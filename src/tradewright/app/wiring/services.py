"""Which signal services there are: named by the environment (ML_SERVICE_URL, RL_SERVICE_URL, …), asked over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradewright.model.errors import InputError
from tradewright.ports import SignalSource


def variable_of(name: str) -> str:
    """The variable that holds the base URL of the service an ensemble weighs as `name`."""
    return f"{name.upper()}_SERVICE_URL"


def signal_sources(names: Sequence[str], environment: Mapping[str, str]) -> list[SignalSource]:
    """The services of these names that the environment has a URL for. Raises InputError for a URL that is none, and
    where the extra `services` is not installed."""
    urls = {name: environment.get(variable_of(name), "") for name in names}
    for name, url in urls.items():
        if url and not url.startswith(("http://", "https://")):
            raise InputError(f"{variable_of(name)}={url!r} is no URL; write it like http://127.0.0.1:5001")
    if not any(urls.values()):
        return []
    try:
        from tradewright.adapters.ml import HttpSignalSource
    except ImportError as error:
        raise InputError("asking a service needs aiohttp: pip install 'tradewright[services]'") from error
    return [HttpSignalSource(name, url) for name, url in urls.items() if url]
