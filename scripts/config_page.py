"""Writes docs/configuration.md from the types that read the service's configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec

from tradewright.app.config import ONLY_AT
from tradewright.app.config_keys import (
    AccountBlock,
    Block,
    DatabaseBlock,
    DeviationBlock,
    EventBusBlock,
    LeasesBlock,
    LoggingBlock,
    ServerBlock,
    ServiceBlock,
    ShadowBlock,
    StrategyBlock,
    SyncBlock,
)

PAGE = Path(__file__).parent.parent / "docs" / "configuration.md"
HEAD = """\
# Configuration of the service

`tradewright serve --config FILE` reads one file of YAML ([serve.md](serve.md) says how to run it). This page is written
by `scripts/config_page.py` from the types that read it. `config/tradewright.yaml` needs no key and no variable;
`config/alpaca.yaml`, `config/binance.yaml` and `config/mt5.yaml` are annotated and hold conservative limits.

```sh
tradewright config check --config config/tradewright.yaml
tradewright config show --config config/tradewright.yaml
```

- `${NAME}` is a variable of the environment, `${NAME:default}` one that may be missing; anywhere in a value.
- **A secret does not stand in the file.** `apiKey`, `secretKey`, `privateKey`, `password` and `token` are `${NAME}` and
  nothing else, or a file's content by `apiKeyFile` and so on. They are shown nowhere.
- A key that is not known is refused with the nearest one, a value of another type or out of its range with what is
  allowed; file, line and key stand before it. A key that a venue has no use for is refused too.
- Switches of a streaming platform (`engine.outputs` and others) are refused with what holds here instead
  ([differences.md](differences.md)).
- Paths begin at the folder of the file. Blocks of a file of settings may be dotted or nested.
- The whole file may stand under the one key `trading-engine`; a block `alpaca` beside `accounts` is an account of that
  name.
"""
FOOT = """
## What holds for accounts

`session`, `risk`, `tradepicker`, `exits` and `sizing` are those of a file of settings ([settings.md](settings.md)).
What stands beside `accounts` holds for each of them, what stands inside of one lies over it, key by key. `limits` and
`executionFilter` are those of a file of limits ([risk.md](risk.md)). What is not said is not enforced, and is listed
as off when the service starts.
"""


def page() -> str:
    """The whole page as Markdown."""
    parts = (
        ("The file", ServiceBlock, ""),
        ("accounts.NAME", AccountBlock, ""),
        ("accounts.NAME.deviation", DeviationBlock, ""),
        ("accounts.NAME.shadow", ShadowBlock, ""),
        ("strategies.ID", StrategyBlock, ""),
        ("sync", SyncBlock, ""),
        ("server", ServerBlock, ""),
        ("database", DatabaseBlock, ""),
        ("eventBus", EventBusBlock, ""),
        ("leases", LeasesBlock, ""),
        ("logging", LoggingBlock, ""),
    )
    lines = [HEAD]
    for title, block, _ in parts:
        lines += [f"## {title}", "", "| key | takes | default | what it does |", "|---|---|---|---|"]
        lines += [row(block, one) for one in msgspec.structs.fields(block)]
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n" + FOOT


def row(block: type[Block], one: Any) -> str:
    """A key's line."""
    kind, (meta,) = get_args(one.type)[0], one.type.__metadata__
    text = str(meta.description)
    if block is AccountBlock and one.name in ONLY_AT and not text.startswith("of "):
        text = f"of {', '.join(ONLY_AT[one.name])}: {text}"
    return f"| `{one.encode_name}` | {takes(kind, meta)} | {default(one)} | {text} |"


def takes(kind: Any, meta: msgspec.Meta) -> str:
    """What a key takes, in words."""
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", Any: "block"}
    found = names.get(kind, "")
    if kind == str | int | float:
        found = "number"
    if get_origin(kind) is list:
        found = "list of texts"
    elif get_origin(kind) is dict:
        found = "mapping"
    elif not found:
        words = [str(word) for word in get_args(kind) if word and not isinstance(word, type)]
        found = ", ".join(words) or "block"
    least = meta.ge if meta.ge is not None else meta.gt
    if least is not None and meta.le is not None:
        found += f", {'above' if meta.ge is None else 'from'} {int(least)} to {int(meta.le)}"
    elif least:
        found += f", from {least:g}"
    return found


def default(one: Any) -> str:
    """What holds where it is left out."""
    if one.default is msgspec.NODEFAULT:
        return "—" if one.default_factory is not msgspec.NODEFAULT else "needed"
    if isinstance(one.default, Block) or one.default in (None, ""):
        return "—"
    return str(one.default).lower() if isinstance(one.default, bool) else f"{one.default}"


if __name__ == "__main__":
    PAGE.write_text(page())
