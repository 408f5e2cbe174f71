"""Which signal services there are: named by the environment, asked over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradewright.model.errors import InputError
from tradewright.ports import SignalSource

#: The variable that holds a service's base URL, by the name under which ensembles weigh it.
VARIABLES = {"ml": "ML_SERVICE_URL", "rl": "RL_SERVICE_URL"}


def signal_sources(names: Sequence[str], environment: Mapping[str, str]) -> list[SignalSource]:
    """The services of these names that the environment has a URL for. Raises InputError for a URL that is none, and
    where the extra `services` is not installed."""
    urls = {name: environment.get(VARIABLES.get(name, ""), "") for name in names}
    for name, url in urls.items():
        if url and not url.startswith(("http://", "https://")):
            raise InputError(f"{VARIABLES[name]}={url!r} is no URL; write it like http://127.0.0.1:5001")
    if not any(urls.values()):
        return []
    try:
        from tradewright.adapters.ml import HttpSignalSource
    except ImportError as error:
        raise InputError("asking a service needs aiohttp: pip install 'tradewright[services]'") from error
    return [HttpSignalSource(name, url) for name, url in urls.items() if url]
