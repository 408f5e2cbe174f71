"""`tradewright doctor --config` before a service runs: what its start would meet at a venue that is a process of its
own, and nothing is placed, written or locked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command import Said, files, tradewright
from tests.e2e.service import configured, serving, simulated, variables
from tests.project import COMPILED_ALONE

pytestmark = COMPILED_ALONE


def looked(folder: Path, file: Path) -> tuple[int, dict[str, list[tuple[bool, str]]], Said]:
    """Its exit code, and what it found by name."""
    said = tradewright("doctor", "--config", file, "--home", folder / "home", "--json")
    found: dict[str, list[tuple[bool, str]]] = {}
    for check in said.row["checks"]:
        found.setdefault(check["name"], []).append((check["good"], check["text"]))
    assert "demo-secret" not in said.out + said.err and "demo-token" not in said.out + said.err
    return said.code, found, said


def standing(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables(folder, url).items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("venue_name", ["binance", "alpaca", "mt5"])
def test_it_says_of_a_venue_that_its_keys_symbols_and_clock_are_good_and_leaves_it_as_it_was(
    venue_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with simulated(venue_name) as venue:
        file = configured(tmp_path, venue_name)
        standing(tmp_path, venue.url, monkeypatch)
        before = files(tmp_path), venue.orders()
        code, found, _ = looked(tmp_path, file)
        assert (code, files(tmp_path), venue.orders()) == (0, *before)
    ((good, sentence),) = found["venue"]
    assert good and f"account main: {venue.url} takes its keys and trades BTCUSD" in sentence
    assert found["lock"] == [(True, "account main: no engine trades it")]
    assert found["clock"][0][0] and "beside its venue's" in found["clock"][0][1]
    assert found["limits"][0][1].startswith("account main: off are maxOrderQuantity")
    assert "maxOrderValue," not in found["limits"][0][1]
    assert found["run"] == [(True, f"nothing has run in {tmp_path / 'home'} yet")]
    assert {"build", "disk", "sqlite", "configuration"} <= {*found}


def test_what_a_start_would_be_refused_for_is_a_sentence_each_and_ends_with_4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = configured(tmp_path, "binance", "readySeconds: 5\n")
    standing(tmp_path, "http://127.0.0.1:9", monkeypatch)
    code, found, _ = looked(tmp_path, file)
    ((good, sentence),) = found["venue"]
    assert (code, good) == (4, False) and "http://127.0.0.1:9 can not be used" in sentence
    with simulated("binance", "--start", "2020-01-01T00:00:00Z") as early:
        monkeypatch.setenv("SIM_URL", early.url)
        code, found, _ = looked(tmp_path, file)
        ((good, sentence),) = found["clock"]
        assert (code, good) == (4, False) and "s ahead of that of" in sentence and "NTP" in sentence
        monkeypatch.setenv("SIM_KEY", "stranger")
        code, found, _ = looked(tmp_path, file)
        ((good, sentence),) = found["venue"]
        assert (code, good) == (4, False) and "does not take its keys" in sentence
        monkeypatch.setenv("SIM_KEY", "demo-key")
        file.write_text(file.read_text().replace("[BTCUSDT]", "[NOSUCH]"))
        code, found, _ = looked(tmp_path, file)
        ((good, sentence),) = found["venue"]
        assert (code, good) == (4, False) and "does not trade NOSUCH" in sentence
    file.write_text(file.read_text().replace("maxOrderValue", "maxOrdrValue"))
    wrong = tradewright("doctor", "--config", file)
    assert wrong.code == 1 and "maxOrdrValue" in wrong.err, "that is no configuration"


def test_beside_a_service_that_runs_it_names_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with simulated("binance") as venue:
        file = configured(tmp_path, "binance", rounds=1)
        standing(tmp_path, venue.url, monkeypatch)
        with serving(file, tmp_path / "home", variables(tmp_path, venue.url)) as service:
            service.hears("READY  main")
            code, found, _ = looked(tmp_path, file)
            held = f"process {service.process.pid}"
            assert code == 0
            assert [held in sentence for _, sentence in found["lock"]] == [True, True], (
                "the account's and the journal's"
            )
            assert service.end() == 0
