"""Whatever the OpenAPI document allows is asked of a service that runs, and much that it forbids: each answer is one
that the document knows, none is a defect, and its books are whole behind it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.e2e.service import SECONDS, serving, variables
from tests.e2e.test_serve import free_port
from tests.project import COMPILED_ALONE

pytestmark = COMPILED_ALONE

CONFIG = """
accounts:
  one: {{venue: paper, symbols: [BTCUSD, ETHUSD], cash: 100000, fees: bps:2}}
  two: {{venue: paper, symbols: [ACME], cash: 100000}}
strategies:
  sma_cross: {{account: one, parameters: {{fast: 5, slow: 15, percent: 5}}}}
server: {{host: 127.0.0.1, port: {port}, requestsPerSecond: 100000, signals: {{one: [ai]}}}}
"""
#: What is right by its shape may still be refused for what the books say. 408 and 413 are said of bodies too large.
CHECKS = """
[checks.positive_data_acceptance]
enabled = false

[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "406", "408", "409", "413", "415", "422", "428", "429"]
"""


def asked(folder: Path, url: str, key: str, examples: int) -> str:
    """What the asker prints in the end; it fails where an answer does."""
    (folder / "checks.toml").write_text(CHECKS)
    binary = Path(sys.executable).with_name("schemathesis")
    done = subprocess.run(
        [
            binary, "--config-file", "checks.toml", "run", f"{url}/openapi.json",
            "--header", f"Authorization: Bearer {key}", "--max-examples", str(examples), "--seed", "1",
            "--phases", "examples,coverage,fuzzing", "--mode", "all", "--generation-database", "none", "--no-color",
        ],
        cwd=folder, capture_output=True, text=True, timeout=3_000, env={**os.environ, "COLUMNS": "100"},
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-20_000:]}\n{done.stderr[-2_000:]}"
    return done.stdout


@pytest.mark.parametrize(
    ("examples", "least"),
    [(18, 2_000), pytest.param(600, 20_000, marks=[pytest.mark.long, pytest.mark.timeout(3_600)])],
)
def test_no_answer_is_a_defect_or_unknown_to_the_document(examples: int, least: int, tmp_path: Path) -> None:
    port, home, config = free_port(), tmp_path / "home", tmp_path / "config.yaml"
    config.write_text(CONFIG.format(port=port))
    url = f"http://127.0.0.1:{port}"
    with serving(config, home, variables(tmp_path, "")) as service:
        service.hears(f"API    {url} ")
        service.until((home / "admin.key").exists)
        with urlopen(f"{url}/openapi.json", timeout=SECONDS) as answer:
            paths = json.load(answer)["paths"]
        operations = sum(len(paths[path]) for path in paths if path != "/openapi.json")
        said = asked(tmp_path, url, (home / "admin.key").read_text().strip(), examples)
        assert re.search(rf"Tested: +{operations}\b", said), said
        found = re.search(r"(\d+) generated, (\d+) passed", said)
        assert found is not None and int(found[1]) == int(found[2]) >= least, said
        assert service.end() == 0
        assert not service.said("DEFECT")
    replayed = subprocess.run(
        [sys.executable, "-m", "tradewright", "replay", str(home / "journal"), "--verify", "--json"],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert replayed.returncode == 0, replayed.stderr
