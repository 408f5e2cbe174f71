"""The pure part reaches nothing outside itself and shows no order that differs from run to run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.pure_part import breaches
from tests.project import PACKAGE, python_files

PURE = ("model", "performance", "core", "signal", "trader", "explain", "sim/exchange", "sim/models")


def files_of(room: str) -> list[Path]:
    """A room is a module or a package."""
    return [file for file in python_files() if f"{file.relative_to(PACKAGE).with_suffix('')}/".startswith(f"{room}/")]


def pure_files() -> list[Path]:
    return [file for room in PURE for file in files_of(room)]


@pytest.mark.parametrize("room", PURE)
def test_no_room_of_the_pure_part_is_overlooked(room: str) -> None:
    assert files_of(room) != []


@pytest.mark.parametrize("file", pure_files(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_the_pure_part_is_pure(file: Path) -> None:
    assert breaches(file.read_text()) == []


#: What must be caught, and beside it the nearest thing that must not be.
TWINS = {
    "asyncio": ("import asyncio", "import itertools"),
    "socket": ("from socket import create_connection", "from struct import pack"),
    "time": ("import time", "def f(time): return time"),
    "time, later": ("def f():\n    from time import time_ns", "def f(event):\n    return event.time"),
    "random": ("import random as dice", "from tradewright.model import rng as dice"),
    "os": ("import os.path", "from operator import attrgetter"),
    "uuid": ("from uuid import uuid4", "from hashlib import sha256"),
    "threading": ("import threading", "import textwrap"),
    "multiprocessing": ("import multiprocessing.pool", "import functools"),
    "subprocess": ("import subprocess", "import string"),
    "apsw": ("import apsw", "import array"),
    "sqlite3": ("import sqlite3", "import zlib"),
    "aiohttp": ("from aiohttp import web", "from abc import ABC"),
    "polars": ("import polars as pl", "import numpy as np"),
    "a driver of tomorrow": ("import quantumdb", "import msgspec"),
    "numpy.random": ("import numpy as np\nx = np.random.default_rng(1)", "import numpy as np\nx = np.arange(1)"),
    "numpy.random, imported": ("from numpy import random", "from numpy import float64"),
    "numpy.random, its part": ("from numpy.random import default_rng", "from numpy.linalg import norm"),
    "numpy.random, by path": ("import numpy.random", "import numpy.linalg"),
    "datetime.now": ("from datetime import datetime\nt = datetime.now()", "def f(clock): return clock.now()"),
    "datetime.now, aliased": (
        "import datetime as dt\nt = dt.datetime.now(dt.UTC)",
        "import datetime as dt\nz = dt.UTC",
    ),
    "datetime.now, not called": (
        "import datetime\nc = datetime.datetime.now",
        "import datetime\nc = datetime.datetime",
    ),
    "utcnow": (
        "from datetime import datetime as d\nt = d.utcnow()",
        "from datetime import datetime as d\nt = d(1, 1, 1)",
    ),
    "today": ("from datetime import date\nt = date.today()", "from datetime import date\nt = date(1, 1, 1)"),
    "open": ("x = open('f')", "class Bar:\n    def open(self): return self.open()"),
    "hash": ("def f(x): return hash(x)", "def f(x): return x.hash()"),
    "hash, handed on": ("def f(xs): return sorted(xs, key=hash)", "def f(xs, hash): return sorted(xs, key=hash)"),
    "id": ("def f(x): return id(x)", "def f(id): return id"),
    "id, in a lambda": ("f = lambda x: id(x)", "f = lambda x: x.id"),
    "print": ("print(1)", "def f(x): x.print()"),
    "for over a literal": ("for x in {1, 2}: pass", "for x in (1, 2): pass"),
    "for over set()": ("def f(a):\n    for x in set(a): pass", "def f(a):\n    for x in sorted(set(a)): pass"),
    "for over a comprehension": ("for x in {y for y in a}: pass", "for x in [y for y in a]: pass"),
    "an annotated name": (
        "def f():\n    s: set[int] = make()\n    for x in s: pass",
        "def f():\n    s: dict[int, int] = make()\n    for x in s: pass",
    ),
    "an argument": (
        "def f(s: frozenset[str]): return [x for x in s]",
        "def f(s: frozenset[str]): return {x for x in s}",
    ),
    "an assigned name": ("s = set()\nfor x in s: pass", "s = set()\nif x in s: pass"),
    "a name of another function": (
        "def f(s: set[int]): return list(s)",
        "def f(s: set[int]): ...\ndef g(s): return list(s)",
    ),
    "an attribute": (
        "class A:\n    def __init__(self): self.s = set()\n    def f(self): return tuple(self.s)",
        "class A:\n    def __init__(self): self.s = set()\n    def f(self): return len(self.s)",
    ),
    "a declared field": (
        "class A:\n    s: set[str]\ndef f(a): return ','.join(a.s)",
        "class A:\n    s: set[str]\ndef f(a): return ','.join(sorted(a.s))",
    ),
    "a returned set": (
        "def f() -> set[int]: ...\nfor x in f(): pass",
        "def f() -> list[int]: ...\nfor x in f(): pass",
    ),
    "sets in a dict": (
        "def f(d: dict[str, set[int]]):\n    for x in d['a']: pass",
        "def f(d: dict[str, set[int]]):\n    for x in d: pass",
    ),
    "sets in a dict, by get": (
        "def f(d: dict[str, set[int]]): return list(d.get('a', ()))",
        "def f(d: dict[str, set[int]]): return sorted(d.get('a', ()))",
    ),
    "a defaultdict of sets": ("d = defaultdict(set)\nx = [*d['a']]", "d = defaultdict(list)\nx = [*d['a']]"),
    "an operator": ("def f(s: set[int], t): return list(s - t)", "def f(s, t): return list(s - t)"),
    "keys as a set": ("def f(a, b): return [*(a.keys() & b)]", "def f(a, b): return [*a.keys()]"),
    "a method": ("def f(a): return list(set().union(a))", "def f(a): return list(a.union())"),
    "pop": ("def f(s: set[int]): return s.pop()", "def f(s: list[int]): return s.pop()"),
    "unpacking": ("def f(s: set[int]):\n    a, b = s", "def f(s: set[int]):\n    a = b = s"),
    "text": ("def f(s: set[int]): return f'{s}'", "def f(s: set[int]): return f'{sorted(s)}'"),
    "ties of a key": (
        "def f(s: set[str]): return sorted(s, key=len)",
        "def f(s: set[str]): return sorted(s, reverse=True)",
    ),
    "a sum of floats": ("def f(s: set[float]): return sum(s)", "def f(s: set[float]): return max(s)"),
    "a dict made of it": ("def f(s: set[int]): return {x: 1 for x in s}", "def f(s: set[int]): return {*(1, 2)} | s"),
    "optional": ("def f(s: set[int] | None): return list(s)", "def f(s: list[int] | None): return list(s)"),
}


@pytest.mark.parametrize("ban", TWINS)
def test_each_ban_catches_the_bad_and_spares_the_good(ban: str) -> None:
    bad, good = TWINS[ban]
    assert breaches(bad) != []
    assert breaches(good) == []


def test_a_breach_names_its_line() -> None:
    assert breaches("x = 1\n\nimport time\n") == [(3, "imports time")]
