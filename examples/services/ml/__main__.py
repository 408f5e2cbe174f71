"""The example ML service: learns from a file, prints its score out of sample, and serves POST /signal.

python -m examples.services.ml --data BARS.parquet --port 5001
"""

from __future__ import annotations

from functools import partial

from examples.services.common import arguments, closes_of, report, serve
from examples.services.ml.model import VERSION, learn, thought

if __name__ == "__main__":
    given = arguments("Logistic regression on bars, as a signal service.")
    model, score = learn(closes_of(given.data, given.symbol, given.rows))
    report(VERSION, [(name, round(value, 5)) for name, value in score._asdict().items()])
    if not given.score_only:
        serve(partial(thought, model), VERSION, given.port)
