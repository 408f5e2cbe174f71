"""Writes docs/settings.md from the tables of keys themselves: what a file of settings may say, and what it does."""

from __future__ import annotations

from pathlib import Path

from scripts.orders_page import UNITS
from tradewright.app.settings_keys import KEYS
from tradewright.core.filter import GLOBAL_KEYS, RISK_KEYS, SYMBOL_KEYS
from tradewright.core.limits import LIMITS
from tradewright.model.exit_plan import CONFIGURED, EXIT_MEANINGS
from tradewright.model.sizer import METHODS, OPTION_MEANINGS

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
HEAD = """\
# Settings

`tradewright backtest … --settings FILE` and `tradewright demo --settings FILE` take one file, YAML or JSON, for
all that a session is configured with. This page is written by `scripts/settings_page.py` from the tables that read
it. `examples/settings.yaml` holds conservative values to begin with:

```sh
tradewright backtest sma_cross --data examples/bars.csv --param percent=5 --settings examples/settings.yaml
```

A file that says something in each block:

```yaml
session:
  userId: ann
  maxPositions: 5
  maxPositionSize: 25
  minConfidence: 0.5
  stopLossPercent: 2
  takeProfitPercent: 4
  trailingStopPercent: 1.5
  weeklyTarget: 5
  maxDrawdown: 10
  orderType: market
  watchlist: [ACME, ZETA]
  enabledStrategies: [sma_cross, liquidity]
  validatorEnabled: true
  strategyWeightBalance: 0.5
  decideOn: tick
  cycleSeconds: 45
risk:
  maxDailyLossPercent: 3
  maxSectorExposurePercent: 30
  enableWashTradeProtection: true
tradepicker.maxOpenPositions: 3
tradepicker:
  sellRequiresLong: true
  reserveOnOpen: true
  reservationTtlMs: 300000
limits:
  symbol:ACME:
    maxOrderValue: 20000
executionFilter:
  ACME:
    maxTradesPerDay: 5
  maxConcurrentTradesGlobal: 8
exits:
  breakEvenPercent: 1
  maxHoldingSeconds: 86400
sizing:
  method: percent
  amount: 10
  max: 100
strategies:
  liquidity:
    decideOn: cycle
    cycleSeconds: 60
    sizing: risk_percent:0.5
    exits: {stopLossPercent: 1}
    parameters: {percent: 0}
```

Every block may be left out, and every key in it: what is not said is not enforced. A key may be dotted or nested.
`risk` and `tradepicker` hold limits of the account, `limits` and `executionFilter` are those of a file of limits
([risk.md](risk.md)), `exits` and `sizing` hold for openings that bring none, and `strategies` for one strategy by its
id. A key that is not known, a value of another type or out of its range is refused with file, key and what is allowed;
so is a key that is there twice, and a value that two blocks give to the same thing.

A session begins with the start that names its settings and goes on over restarts with the same ones; its id, user,
status (running, paused, stopped), settings, begin and end stand in the summary of a demo (`--json`). `tradewright kill
account:NAME` stops it, `--reducing` pauses it, `rearm` resumes it. Over HTTP a user begins, changes, pauses and stops
one by himself ([api.md](api.md)).
"""


def page() -> str:
    """The whole page as Markdown."""
    lines = [HEAD, "## session", "", "| key | takes | default | what it does |", "|---|---|---|---|"]
    lines += [f"| `{name}` | {key.unit} | {key.default} | {key.meaning} |" for name, key in KEYS.items()]
    lines += ["", "`decideOn` and `cycleSeconds` hold for strategies that signal; an opening that a strategy orders by"]
    lines += ["itself before its moment halts it, since there is no signal that could wait.", "", "## exits", ""]
    lines += ["| key | takes | what it does |", "|---|---|---|"]
    lines += [
        f"| `{name}` | {'percent' if CONFIGURED[name][1] == 4 else 'seconds'} | {EXIT_MEANINGS[name]} |"
        for name in CONFIGURED
    ]
    lines += [
        "",
        "## sizing",
        "",
        f"`method` is one of {', '.join(METHODS.values())}, `amount` what it counts",
    ]
    lines += ["([strategies.md](strategies.md)); a text like `risk_percent:0.5:max=100` says the same.", ""]
    lines += ["| key | what it does |", "|---|---|"]
    lines += [f"| `{name}` | {text} |" for name, text in OPTION_MEANINGS.items()]
    lines += ["", "## risk, tradepicker, limits, executionFilter", ""]
    lines += [
        "Off where it is not set. In `risk` and `limits` any of them; in `tradepicker` those that begin with it; "
    ]
    lines[-1] += "in `executionFilter` those marked so."
    lines += ["", "| key | takes | bounds | filter |", "|---|---|---|---|"]
    filter_keys = (*SYMBOL_KEYS, *GLOBAL_KEYS, *RISK_KEYS)
    lines += [
        f"| `{name}` | {UNITS[unit]} | {text} | {'yes' if name in filter_keys else ''} |"
        for name, (unit, text) in LIMITS.items()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
