"""A service at a simulated venue over real sockets, while faults drawn from a seed strike between them: in the end
both say the same of every order, fill and position."""

from __future__ import annotations

import json
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.e2e.judge import SUBMIT, records
from tests.e2e.service import configured, serving, simulated, variables
from tests.e2e.test_serve import FILLS, agree
from tests.project import COMPILED_ALONE
from tradewright.app.home import JOURNAL
from tradewright.model import event as kinds
from tradewright.model.reconciliation import ADOPTED, COIN_FEE, WITHIN_TOLERANCE
from tradewright.sim.wire import faults

pytestmark = COMPILED_ALONE

VENUES = ("alpaca", "binance", "mt5")
PLACE = {"alpaca": "POST /v2/orders", "binance": "POST /api/v3/order", "mt5": "POST /api/v1/trades/open"}
STREAM = {"alpaca": "/stream", "binance": "/ws-api", "mt5": "/api/v1/events"}
ORDERS, HIDDEN_SECONDS = 6, 1


def drawn(seed: int, venue: str) -> list[dict[str, object]]:
    """Three kinds that befall requests to place an order, two that befall the account's stream, and a while in which
    an order is not found."""
    pick = Random(seed)
    requests = pick.sample([faults.LOSE_ANSWER, faults.ERROR_AFTER, faults.CUT_ANSWER, faults.DELAY_ANSWER], 3)
    frames = [faults.DISCONNECT, pick.choice([faults.DROP_FRAME, faults.DUPLICATE_FRAME, faults.DELAY_FRAME])]
    found: list[dict[str, object]] = [
        {"kind": kind, "where": PLACE[venue], "after": 1 + 2 * place, "seconds": 0.5}
        for place, kind in enumerate(requests)
    ]
    found += [{"kind": kind, "where": STREAM[venue], "after": 2 + pick.randrange(4), "seconds": 0.3} for kind in frames]
    return [*found, {"kind": faults.HIDDEN, "begin": 4, "seconds": 4, "by": HIDDEN_SECONDS}]


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 8))])
@pytest.mark.parametrize("venue_name", VENUES)
def test_a_service_and_its_venue_agree_after_faults_between_their_sockets(
    venue_name: str, seed: int, tmp_path: Path
) -> None:
    home, plan = tmp_path / "home", tmp_path / "faults.yaml"
    plan.write_text(json.dumps({"faults": drawn(seed, venue_name)}))
    with simulated(venue_name, "--faults", str(plan), "--seed", str(seed)) as venue:
        # What it wishes for while its account is not compared is denied, and counts as a round.
        file = configured(tmp_path, venue_name, rounds=4 * ORDERS)
        with serving(file, home, variables(tmp_path, venue.url)) as service:
            service.hears(FILLS, ORDERS)
            # Behind the while in which the venue hides what came last.
            service.until(lambda: _compared(home)[-1][3] == _compared(home)[-1][5] == 0)
            assert service.end() == 0
        # The venue hides what came last for so long from whoever asks, from this test too.
        time.sleep(2 * HIDDEN_SECONDS)
        agree(home, venue)
    rows = records(home / JOURNAL)
    sent = [row[2] for row in rows if row[0] == SUBMIT]
    assert len(set(sent)) == len(sent) > ORDERS
    assert [row for row in rows if row[0] == kinds.OUTCOME_UNKNOWN], "no request was left without an answer"
    assert not [row for row in rows if row[0] in (kinds.ORDER_ADOPTED, kinds.LOTS_TRANSFERRED)]
    assert {row[6] for row in rows if row[0] == kinds.POSITION_ADJUSTED} <= {ADOPTED, COIN_FEE}
    assert {row[5] for row in rows if row[0] == kinds.BALANCE_ADJUSTED} <= {ADOPTED, WITHIN_TOLERANCE}
    last = _compared(home)[-1]
    assert last[3] == last[5] == 0


def _compared(home: Path) -> list[list[Any]]:
    return [row for row in records(home / JOURNAL) if row[0] == kinds.RECONCILED]
