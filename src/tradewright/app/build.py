"""Which build this is: the modules that are shared objects, and what they run on."""

from __future__ import annotations

import importlib.machinery
import platform
from pathlib import Path
from typing import Any

import tradewright


def build() -> dict[str, Any]:
    """{compiled: module names, mode: "compiled" or "pure", python}: what `--version`, logs and `doctor` say."""
    root = Path(tradewright.__file__).parent
    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    found = sorted(root.rglob("*" + suffix))
    names = [".".join(path.relative_to(root.parent).parts)[: -len(suffix)] for path in found]
    return {
        "compiled": names,
        "mode": "compiled" if names else "pure",
        "python": platform.python_version(),
    }
