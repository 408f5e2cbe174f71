"""Builds the compiled core. Everything else about the package is in pyproject.toml.

TRADEWRIGHT_COMPILE=1 (the default of an install) compiles the modules below; any failure stops the build.
TRADEWRIGHT_COMPILE=0 installs plain Python. There is no third state.
"""

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup

COMPILED = [
    "tradewright.model.event",
    "tradewright.model.numbers",
    "tradewright.model.instrument",
    "tradewright.model.market",
    "tradewright.model.rng",
    "tradewright.model.report",
    "tradewright.model.order",
    "tradewright.model.command",
    "tradewright.model.account",
    "tradewright.model.decision",
    "tradewright.model.fee",
    "tradewright.model.lot",
    "tradewright.core.life_cycle",
    "tradewright.core.orders",
    "tradewright.core.ledger",
    "tradewright.model.intent",
    "tradewright.model.view",
    "tradewright.core.marks",
    "tradewright.core.holds",
    "tradewright.core.limits",
    "tradewright.core.accounts",
    "tradewright.core.exposure",
    "tradewright.core.risk",
    "tradewright.core.rules",
    "tradewright.core.exits",
    "tradewright.core.sizing",
    "tradewright.core.blotter",
    "tradewright.core.judge",
    "tradewright.core.engine",
    "tradewright.signal.indicators.part",
    "tradewright.signal.indicators.line",
    "tradewright.signal.indicators.window",
    "tradewright.signal.indicators.indicator",
    "tradewright.signal.indicators.average",
    "tradewright.signal.indicators.wilder",
    "tradewright.signal.indicators.oscillator",
    "tradewright.signal.indicators.channel",
    "tradewright.signal.indicators.volume",
    "tradewright.signal.indicators.statistic",
    "tradewright.model.signal",
    "tradewright.signal.patterns.pattern",
    "tradewright.signal.patterns.frame",
    "tradewright.signal.patterns.swing",
    "tradewright.signal.patterns.structure",
    "tradewright.signal.patterns.order_block",
    "tradewright.signal.patterns.pool",
    "tradewright.signal.patterns.sweep",
    "tradewright.signal.patterns.fair_value_gap",
    "tradewright.signal.patterns.relative_volume",
    "tradewright.signal.patterns.touch_volume",
    "tradewright.signal.patterns.climax",
    "tradewright.signal.patterns.divergence",
    "tradewright.signal.patterns.micro_price",
    "tradewright.signal.patterns.spread",
    "tradewright.signal.patterns.imbalance",
    "tradewright.signal.patterns.trade_sign",
    "tradewright.sim.exchange.venue",
    "tradewright.sim.sequencer",
    "tradewright.signal.terms",
    "tradewright.signal.hand",
    "tradewright.trader.view",
    "tradewright.trader.runner",
    "tradewright.trader.roster",
    "tradewright.trader.trader",
    "tradewright.signal.strategy",
    "tradewright.backtest.recorder",
    "tradewright.sim.models.fee",
    "tradewright.sim.models.slippage",
    "tradewright.sim.models.latency",
    "tradewright.sim.models.fill",
    "tradewright.sim.models.queue",
    "tradewright.sim.models.models",
    "tradewright.sim.exchange.supported",
    "tradewright.sim.exchange.path",
    "tradewright.sim.exchange.working",
    "tradewright.sim.exchange.book",
    "tradewright.sim.exchange.market",
    "tradewright.sim.exchange.admission",
    "tradewright.sim.exchange.desk",
    "tradewright.sim.exchange.filling",
    "tradewright.sim.exchange.matching",
    "tradewright.sim.exchange.exchange",
]
#: Of these, what runs with each event.
HOT = {
    "tradewright.model.market",
    "tradewright.core.orders",
    "tradewright.core.marks",
    "tradewright.core.holds",
    "tradewright.core.risk",
    "tradewright.core.blotter",
    "tradewright.sim.sequencer",
    "tradewright.signal.hand",
    "tradewright.signal.patterns.pattern",
    "tradewright.signal.patterns.relative_volume",
    "tradewright.signal.patterns.swing",
    "tradewright.trader.runner",
    "tradewright.trader.roster",
    "tradewright.trader.trader",
    "tradewright.backtest.recorder",
    "tradewright.sim.exchange.exchange",
}
#: Modules of plain values: what they refer to never refers back, so reference counting frees all of them, and the cycle
#: collector need not know them. (A decorator in a .pxd that says so of a class is read, and has no effect.)
VALUES = {
    "tradewright.model.market",
    "tradewright.model.report",
    "tradewright.model.order",
    "tradewright.model.command",
    "tradewright.model.decision",
    "tradewright.model.lot",
    "tradewright.model.intent",
    "tradewright.core.orders",
}
#: Cython's own code behind typed buffers, compiled once instead of into each module that sees one: half the build time.
SHARED = "tradewright._buffers"
DIRECTIVES = {
    "language_level": 3,
    "overflowcheck": True,
    "cdivision": False,
    "boundscheck": True,
    "embedsignature": True,
    # The house has its own codecs; pickling code is a quarter of the build time. Trying it is a TypeError.
    "auto_pickle": False,
    "annotation_typing": False,
}


def compiled_extensions() -> list[Extension]:
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        sys.exit(f"tradewright: no C compiler ({compiler}). Install the package gcc, or set TRADEWRIGHT_COMPILE=0.")
    if not Path(sysconfig.get_paths()["include"], "Python.h").exists():
        sys.exit("tradewright: Python.h is missing. Install the package python3-dev, or set TRADEWRIGHT_COMPILE=0.")
    from Cython.Build import cythonize
    from Cython.Compiler.Options import get_directive_defaults

    get_directive_defaults().update(no_gc=False, freelist=0)  # known, else, as decorators alone
    # The time goes into calls, most of them into the interpreter: -fno-plt leaves out the jump before each, a tenth of
    # a bar's time. -O2 saves another tenth, most of it in HOT; for all of them it takes half as long again to build.
    # -ffp-contract=off: no fused multiply-add, so indicators agree to the bit with the pure build.
    flags = ["-g0", "-fno-plt", "-ffp-contract=off", "-fno-strict-overflow", "-Wno-unused-function"]
    extensions = [
        Extension(
            name,
            [f"src/{name.replace('.', '/')}.py"],
            extra_compile_args=["-O2" if name in HOT else "-O1", *flags],
        )
        for name in COMPILED
    ]
    shared = Extension(SHARED, [], extra_compile_args=["-O1", *flags])
    values = [extension for extension in extensions if extension.name in VALUES]
    others = [extension for extension in extensions if extension.name not in VALUES]
    return [
        extension
        for group, more in ((values, {"no_gc": True, "freelist": 8}), ([*others, shared], {}))
        for extension in cythonize(
            group,
            shared_utility_qualified_name=SHARED,
            build_dir="build/cython",
            nthreads=os.cpu_count() or 1,
            include_path=["src"],
            compiler_directives=DIRECTIVES | more,
        )
    ]


switch = os.environ.get("TRADEWRIGHT_COMPILE", "1")
if switch not in ("0", "1"):
    sys.exit(f"tradewright: TRADEWRIGHT_COMPILE={switch!r} must be 0 (pure) or 1 (compiled).")
setup(
    ext_modules=compiled_extensions() if switch == "1" else [],
    options={"build_ext": {"parallel": os.cpu_count() or 1}},
)
