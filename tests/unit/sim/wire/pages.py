"""What the reference pages on the venues list, read from the pages themselves: endpoints, streams, must-haves, knobs.

Endpoints come as `METHOD /path`, with `*` for a part that the caller names.
"""

from __future__ import annotations

import re
from pathlib import Path

_NAMED = re.compile(r"\{[^}]*\}")


def section(page: Path, begin: str, end: str = "\n## ") -> str:
    """The text behind the line that begins with `begin`, up to `end` or the end of the page."""
    text = page.read_text()
    start = text.index("\n", text.index(f"\n{begin}") + 1)
    found = text.find(end, start)
    return text[start : found if found >= 0 else len(text)].strip()


def alpaca_endpoints(page: Path) -> set[str]:
    """The table of section 2."""
    found = set()
    for row in re.findall(r"^\| ([A-Z,]+) (/[^|]*)\|", section(page, "## 2."), re.MULTILINE):
        for path in re.findall(r"/v\d[\w/:]*(?:\{[^}]*\}|\[/\{[^}]*\}\])?", row[1]):
            paths = {path.split("[")[0], path.replace("[", "").replace("]", "")}
            found |= {f"{method} {_NAMED.sub('*', one)}" for method in row[0].split(",") for one in paths}
    return found


def alpaca_streams(page: Path) -> set[str]:
    """The sockets of section 1."""
    text = section(page, "## 1.")
    (trade,) = re.findall(r"Trade stream: `wss://\{[^}]*\}[\w.]*(/\w+)`", text)
    feeds = re.findall(r"(?:stocks|crypto|news) `(/[^`]*)`", text)
    return {trade, *(one for feed in feeds for one in _choices(feed))}


def alpaca_data(page: Path) -> set[str]:
    """The paths of market data by REST of section 9; `…/latest` stands behind those of shares."""
    text = section(page, "## 9.")
    text = text[text.index("- REST `GET ") :]
    whole = text.replace("{s}", "*").replace("{trades,quotes,snapshots}", "trades|quotes|snapshots")
    return {one for path in re.findall(r"/v\d[\w*/|]+|…/\w+", whole) for one in _choices(path.rstrip("/"))}


def _choices(path: str) -> list[str]:
    """`/v2/iex|sip` → /v2/iex and /v2/sip."""
    first, *others = path.split("|")
    return [first, *(f"{first.rsplit('/', 1)[0]}/{one}" for one in others)]


def alpaca_must_haves(page: Path) -> set[str]:
    """The numbered items of section 10 but the last, which lists knobs."""
    return set(_numbered(page)[:-1])


def alpaca_knobs(page: Path) -> set[str]:
    return set(_numbered(page)[-1].partition("fault knobs: ")[2].rstrip(".").split(", "))


def _numbered(page: Path) -> list[str]:
    return [one.strip(" ;.\n") for one in re.split(r";\s+(?=\d+ )", section(page, "## 10."))]


def binance_endpoints(page: Path) -> set[str]:
    """The lists that begin sections 5 and 6, and what section 4 names, behind /api/v3."""
    orders = section(page, "## 5.").partition("\n- ")[0]
    orders = re.sub(r"/orderList/\{([\w,]+)\}", lambda kinds: _joined("/orderList/", kinds[1].split(",")), orders)
    rules = section(page, "## 4.")
    extras = rules.partition("2026 extras: ")[2].partition(";")[0]
    published = {f"GET {path}" for path in re.findall(r"/api/v3(/\w+)", rules)}
    return published | _calls(orders) | _calls("GET " + section(page, "## 6.")) | _calls(extras)


def _joined(prefix: str, names: list[str]) -> str:
    return ", ".join(prefix + name for name in names)


def _calls(text: str) -> set[str]:
    """Each path with the method that was named last; `DELETE/GET /one, /other` are two of one and GET of the other."""
    found, methods = set(), [""]
    for word in re.findall(r"(?<![\w/])(?:GET|POST|PUT|DELETE)(?:/[A-Z]+)*(?= )|(?<![\w.}\]])/[a-z]\w+(?:/\w+)*", text):
        if word[0] == "/":
            found |= {f"{method} {word}" for method in methods}
            methods = methods[-1:]
            methods = methods[-1:]
        else:
            methods = word.split("/")
    return found


def binance_methods(page: Path) -> set[str]:
    """What the WebSocket API takes, of sections 5, 7 and 8."""
    orders = section(page, "## 5.").partition("\n- ")[0]
    session = section(page, "## 7.") + section(page, "## 8.").partition("**listenKey is DEAD")[2].partition("\n")[2]
    market = section(page, "## 7.").partition("Market methods: ")[2].partition("…")[0].split(",")
    named = re.findall(r"\b(?:session|userDataStream)\.(?!start|ping|stop)\w+(?:\.\w+)*", session)
    return {*re.findall(r"\(`([\w.]+)`\)", orders), *market, *named}


def binance_streams(page: Path) -> set[str]:
    """What the second point of section 9 names, each with what may stand behind it; `kline_1m` is one of all."""
    (listed,) = re.findall(r"^- (trade: .*)$", section(page, "## 9."), re.MULTILINE)
    found = set()
    for said in re.split(r"(?<=[\w)}])(?:\.|;) ", listed):
        named = re.match(r"(?:\w+ `@|`)?([!\w@/]+)(?:\[([^\]]*)\])?", said)
        assert named is not None, said
        first, *others = named[1].split("/")
        names = [first, *(first.rstrip("0123456789") * other.isdecimal() + other for other in others)]
        found |= {name + behind for name in names for behind in ("", named[2] or "")}
    return found


def binance_must_haves(page: Path) -> set[str]:
    """Section 11; its knobs are among them."""
    return {one.strip(" .\n") for one in section(page, "## 11.").split(";")}


def mt5_endpoints(page: Path) -> set[str]:
    """What section 9 names behind its bullets, with the method where the page says one."""
    lines = re.findall(r"^- (?:Optional )?((?:GET|POST) .*)$", section(page, "## 9."), re.MULTILINE)
    named = r"(?:(?:GET|POST) |(?<![\w/|]))/[a-z][\w/*?&\[\]-]*"
    return {one for line in lines for one in re.findall(named, _NAMED.sub(_path_part, line))}


def _path_part(found: re.Match[str]) -> str:
    return "*" if found.string[found.start() - 1] == "/" else found[0]


def mt5_knobs(page: Path) -> set[str]:
    return set(section(page, "## 9.").partition("Simulator knobs: ")[2].rstrip(".").split(", "))
