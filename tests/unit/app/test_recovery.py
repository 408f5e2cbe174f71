"""A journal whose begin is not kept any more is folded from a snapshot, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.adapters.journal.records import DAY, NOON
from tests.unit.adapters.journal.test_snapshots import journal_with_snapshots
from tradewright.adapters.journal import FileJournal
from tradewright.app.api import retold
from tradewright.app.recovery import folding, rebuild
from tradewright.model.errors import JournalError
from tradewright.trader import Trader


def test_records_that_are_not_kept_any_more_are_missed_and_not_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal_with_snapshots(tmp_path, 15)
    with FileJournal(tmp_path) as journal:
        assert journal.retire(before=NOON + 30 * DAY) != []
    sentence = "records 1 to 10 are not kept any more"
    with pytest.raises(JournalError, match=sentence):
        folding(tmp_path, Trader(None), lambda why: None, 12)
    assert retold.main(str(tmp_path), "12", "40") == 1
    assert sentence in capsys.readouterr().err
    (snapshot,) = (tmp_path / "snapshots").iterdir()
    snapshot.unlink()
    with pytest.raises(JournalError, match=sentence):
        rebuild(tmp_path, Trader(None), lambda why: None)
