"""No file of the package is unfinished, swallows errors or holds an endless function."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.house_rules import LINES_MAX, breaches, long_functions
from tests.project import PACKAGE, python_files

#: Functions longer than LINES_MAX, as "file:name": lines. A ratchet: what is here may only shrink, and then leaves.
LONG: dict[str, int] = {}


@pytest.mark.parametrize("file", python_files(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_file_keeps_the_rules(file: Path) -> None:
    assert breaches(file.read_text()) == []


def test_functions_stay_within_a_screen_or_two() -> None:
    measured = {
        f"{file.relative_to(PACKAGE)}:{name}": lines
        for file in python_files()
        for name, lines in long_functions(file.read_text()).items()
    }
    assert measured == LONG


TWINS = {
    "a stub": ("def f(): raise NotImplementedError", "def f(): raise ValueError"),
    "a stub, called": ("def f(): raise NotImplementedError('later')", "def f(): return NotImplemented"),
    "to do": ("x = 1  # TODO: more", "x = 1  # to do more would cost a copy"),
    "to do, in a docstring": ('def f():\n    """FIXME"""', 'def f():\n    """Fixes what it is given."""'),
    "swallowed": ("try: f()\nexcept Exception: pass", "try: f()\nexcept ValueError: pass"),
    "swallowed, bare": ("try: f()\nexcept: ...", "try: f()\nexcept: raise"),
    "swallowed in a loop": (
        "for x in y:\n    try: f()\n    except (OSError, BaseException): continue",
        "for x in y:\n    try: f()\n    except Exception as error: halt(error)",
    ),
    "suppressed": (
        "import contextlib\nwith contextlib.suppress(Exception): f()",
        "import contextlib\nwith contextlib.suppress(FileNotFoundError): f()",
    ),
    "rounded by the thread's context": ("x.quantize(y)", "x.quantize(y, context=exact)"),
    "shifted by the thread's context": ("x.scaleb(2)", "x.scaleb(2, exact)"),
    "stripped by the thread's context": ("x.normalize()", "x.normalize(exact)"),
    "hidden from coverage": ("def f(): ...  # pragma: no cover", "def f(): ...  # covers no gap"),
}


@pytest.mark.parametrize("rule", TWINS)
def test_each_rule_catches_the_bad_and_spares_the_good(rule: str) -> None:
    bad, good = TWINS[rule]
    assert breaches(bad) != []
    assert breaches(good) == []


def test_a_function_is_long_from_one_line_past_the_limit() -> None:
    body = "    x = 1\n" * (LINES_MAX - 1)
    assert long_functions(f"def f():\n{body}") == {}
    assert long_functions(f"def f():\n{body}    x = 2\n") == {"f": LINES_MAX + 1}
