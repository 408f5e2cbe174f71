"""What was asked for, as data: a file of this folder for each kind of names."""

from __future__ import annotations

from typing import Any

import yaml

from tests.project import ROOT

FOLDER = ROOT / "tests/seeds"


class Plain(yaml.SafeLoader):
    """Scalars are texts, so that nothing is read as another type than it was written."""


Plain.yaml_implicit_resolvers = {}


def asked(name: str) -> Any:
    """The content of NAME.yaml; every value is a text, a list or a mapping."""
    return yaml.load((FOLDER / f"{name}.yaml").read_text(), Plain)
