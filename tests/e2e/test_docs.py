"""README and docs tell the truth: every command and every Python snippet in them is executed here."""

from __future__ import annotations

import ast
import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import (
    config_page,
    differences_page,
    orders_page,
    reasons_page,
    settings_page,
    venues_page,
    websocket_page,
)
from tests.project import COMPILED_ALONE, PACKAGE, ROOT
from tradewright.adapters.venue.alpaca.outcomes import NAMES
from tradewright.adapters.venue.alpaca.requests import CODES as ALPACA_CODES
from tradewright.core.parents import PARENT_CODES
from tradewright.core.stations import RULES
from tradewright.explain import QUESTIONS, REFUSALS, REFUSING
from tradewright.model.at_open import OPENS_LATER
from tradewright.model.currency import COINS, QUOTE_COINS
from tradewright.signal.validators import VALIDATORS
from tradewright.sim.exchange import CODES as EXCHANGE_CODES

PAGES = [
    "README.md",
    "docs/strategies.md",
    "docs/backtest.md",
    "docs/exits.md",
    "docs/ensembles.md",
    "docs/shadow.md",
    "docs/settings.md",
    "docs/faults.md",
    "docs/simulators/faults.md",
]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
#: What a reader does outside the program, or what another test does: the clone, and `make run` on it.
NOT_OURS = ("git clone", "make run")


def blocks(page: str, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall((ROOT / page).read_text()) if kind == language]


def commands(page: str) -> list[str]:
    lines = [line for block in blocks(page, "sh") for line in block.splitlines() if line.strip()]
    return [line for line in lines if not line.startswith(NOT_OURS)]


def test_the_commands_of_each_page_are_found() -> None:
    assert [len(commands(page)) for page in PAGES] == [14, 0, 7, 0, 2, 2, 1, 1, 1]


@COMPILED_ALONE
@pytest.mark.parametrize("page", PAGES)
def test_every_command_does_what_the_page_says(page: str, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    environment = {**os.environ, "TRADEWRIGHT_HOME": str(tmp_path / "home")}
    if "PYTHONPATH" in environment:
        environment["PYTHONPATH"] = str(ROOT / environment["PYTHONPATH"])
    for line in commands(page):
        program, *arguments = shlex.split(line.replace("python -m examples.", "example "))
        assert program in ("tradewright", "example"), line
        module = ["tradewright"] if program == "tradewright" else [f"examples.{arguments.pop(0)}"]
        done = subprocess.run(
            [sys.executable, "-m", *module, *arguments],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=180,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert done.stdout.strip(), line


def strategies() -> list[tuple[str, str]]:
    return [(page, text) for page in PAGES for text in blocks(page, "python")]


@pytest.mark.parametrize(("page", "text"), strategies(), ids=lambda value: str(value)[:20])
def test_every_strategy_on_a_page_trades_in_a_backtest(page: str, text: str, tmp_path: Path) -> None:
    name = re.findall(r"^class (\w+)\((?:Strategy|Ensemble)\)", text, re.MULTILINE)[0]
    file = tmp_path / "strategy.py"
    file.write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "tradewright", "backtest", f"{file}:{name}", "--data", "examples/bars.csv", "--json"],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert '"orders": 0' not in done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_every_worked_example_comes_out_as_the_page_says(page: str) -> None:
    for text in blocks(page, "pycon"):
        example = doctest.DocTestParser().get_doctest(text, {}, page, None, None)
        assert example.examples
        assert doctest.DocTestRunner(verbose=False).run(example).failed == 0


def test_the_strategy_of_the_readme_is_the_example_and_has_twelve_lines() -> None:
    text = blocks("README.md", "python")[0]
    assert text == (ROOT / "examples" / "sma_cross.py").read_text()
    body = text[text.index("class ") :]
    assert len([line for line in body.splitlines() if line.strip()]) <= 12


def test_the_pages_made_from_tables_are_those_their_scripts_write() -> None:
    pages = (
        config_page, differences_page, orders_page, reasons_page, settings_page, venues_page, websocket_page,
    )  # fmt: skip
    for made in pages:
        assert made.PAGE.read_text() == made.page()


def test_the_table_of_controls_names_rules_and_tests_that_are_there() -> None:
    lines = [line for line in (ROOT / "docs/risk.md").read_text().splitlines() if "| `tests/" in line]
    assert len(lines) > 25
    for line in lines:
        _, _, _, codes, where, _ = (part.strip() for part in line.split("|"))
        assert {code.strip() for code in codes.split(",") if code} <= {*PARENT_CODES, *(rule.code for rule in RULES)}, (
            line
        )
        file, _, name = where.strip("`").partition("::")
        assert f"def {name}(" in (ROOT / file).read_text(), line


def test_every_code_that_can_refuse_stands_on_the_page_of_reasons_and_has_its_words() -> None:
    text = reasons_page.PAGE.read_text()
    assert [code for code in (*REFUSING, OPENS_LATER) if f"| {code} |" not in text] == []
    # A validator says its verdict in words of its own.
    said = {*REFUSING, OPENS_LATER} - {kind.code for kind in VALIDATORS.values()}
    assert said == set(QUESTIONS) and set(REFUSALS) <= said


#: What an order is, a trading state, an instrument's status, a group of names, a coin: words of the sources that are no
#: reason.
NO_REASONS = {
    "SUBMITTED", "ACCEPTED", "NOT_FOUND", "CANCELLED", "EXPIRED", "REJECTED", "DENIED", "UNKNOWN", "FILLED",
    "PARTIALLY_FILLED", "ACTIVE", "REDUCING", "HALTED", "TRADING", "PAUSED", "AUCTION", "FOUND", "CHOCH", "PAPER_LIVE",
    "BUY", "SELL", "HOLD", "USD", "UTC", *COINS, *QUOTE_COINS,
}  # fmt: skip
#: What the wires of venues say and are told, and what a client of MetaTrader counts: no reason either.
VENUES_OWN = {
    "adapters/venue/alpaca": {"PAPER_ONLY", "ACCOUNT_UPDATED", "SPLIT", "ACATC", "TRANS", "DELETE", "PATCH"},
    "adapters/venue/binance": {
        "MARKET", "LIMIT", "LIMIT_MAKER", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT",
        "PENDING_NEW", "PENDING_CANCEL", "CANCELED", "REPLACED", "EXPIRED_IN_MATCH", "TRADE", "TRADE_PREVENTION",
        "ORDERS", "REQUEST_WEIGHT", "SECOND", "MINUTE", "MICROSECOND", "PRICE_FILTER", "PERCENT_PRICE",
        "PERCENT_PRICE_BY_SIDE", "LOT_SIZE", "MARKET_LOT_SIZE", "NOTIONAL", "MIN_NOTIONAL", "ARCHIVED", "SUBSCRIBE",
        "DELETE",
    },
    "adapters/venue/ccxt": set[str](),
    "adapters/venue/mt5": {
        "HTTP_404", "LISTING", "STREAM", "FOREIGN", "BAD_PRICE", "USTEC", "SILVER", "XAUUSD", "XAGUSD",
    },
}  # fmt: skip
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|[A-Z]{5,}")


def words_of(file: Path) -> set[str]:
    """The strings of a source that look like a code."""
    tree = ast.parse(file.read_text())
    exported = {
        id(item) for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for item in ast.walk(node)
    }  # fmt: skip
    return {
        node.value for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in exported
        and CODE.fullmatch(node.value)
    }  # fmt: skip


def words_in(*parts: str) -> dict[str, str]:
    """Each word that looks like a code in the sources of these parts, and one that says it."""
    return {
        word: str(file.relative_to(PACKAGE))
        for part in parts
        for file in ([PACKAGE / part] if part.endswith(".py") else sorted((PACKAGE / part).rglob("*.py")))
        for word in words_of(file)
    }


def test_every_code_that_the_deciding_part_says_stands_on_the_page_of_reasons() -> None:
    """Whichever family it belongs to: a new one is noticed by its codes."""
    text = reasons_page.PAGE.read_text()
    said = words_in("model", "core", "signal", "trader")
    assert {word: file for word, file in said.items() if f"| {word} |" not in text and word not in NO_REASONS} == {}
    assert len(said) > 150


@pytest.mark.parametrize(
    ("part", "least"),
    [
        ("sim/exchange", 35), ("sim/paper_account.py", 1), ("app/live.py", 1), ("adapters/net", 1),
        ("adapters/chain", 4), *((part, 1) for part in VENUES_OWN),
    ],
)  # fmt: skip
def test_every_code_of_the_simulated_exchange_and_of_venues_clients_stands_on_the_page_of_reasons(
    part: str, least: int
) -> None:
    text = reasons_page.PAGE.read_text()
    own = VENUES_OWN.get(part, set())
    said = words_in(part)
    left = {word: file for word, file in said.items() if word not in NO_REASONS | own and f"| {word} |" not in text}
    assert left == {}
    assert len(said) >= least and own <= set(said), "what is left out is there to be left out"


def test_every_client_of_a_venue_is_looked_through_for_codes() -> None:
    clients = {f"adapters/venue/{file.parent.name}" for file in (PACKAGE / "adapters/venue").glob("*/__init__.py")}
    assert clients == set(VENUES_OWN)


@pytest.mark.parametrize(
    ("title", "codes"),
    [
        ("Why the simulated exchange refuses or ends an order", EXCHANGE_CODES),
        ("Why an order can not be stated to Alpaca", ALPACA_CODES),
        ("Why Alpaca refuses, where it has a name here", [name for _, _, name in NAMES]),
    ],
)
def test_a_table_of_codes_stands_on_the_page_of_reasons_under_its_own_heading(title: str, codes: list[str]) -> None:
    """A code that another family has too may mean something else there."""
    section = reasons_page.PAGE.read_text().split(f"## {title}\n")[1].split("\n## ")[0]
    assert [code for code in codes if f"| {code} |" not in section] == []
