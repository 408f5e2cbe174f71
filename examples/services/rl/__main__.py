"""The example RL service: learns from a file, prints its score out of sample, and serves POST /signal.

python -m examples.services.rl --data BARS.parquet --port 8000
"""

from __future__ import annotations

from functools import partial

from examples.services.common import arguments, closes_of, report, serve
from examples.services.rl.agent import VERSION, learn, thought

if __name__ == "__main__":
    given = arguments("Tabular Q-learning on bars, as a signal service.")
    table, score = learn(closes_of(given.data, given.symbol, given.rows))
    report(VERSION, [(name, round(value, 5)) for name, value in score._asdict().items()])
    if not given.score_only:
        serve(partial(thought, table), VERSION, given.port)
