"""Sets up .venv: `scripts/setup.py run` what `make run` needs, `dev` the test tools too, `peer NAME…` peers to measure.

Everything is installed from the hashed locks in requirements/. The package is built compiled and installed as a copy,
so src/ never holds a binary. A stamp in each environment is the hash of what it was made from; nothing is done twice,
and an environment whose set-up was interrupted is made anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BUILD = ROOT / "build"
PEERS = BUILD / "peers"
LOCKS = ROOT / "requirements"
COMPILE = os.environ.get("TRADEWRIGHT_COMPILE", "1") != "0"


def missing() -> list[str]:
    """One sentence for each thing this machine lacks, naming the Debian package that brings it."""
    if sys.version_info < (3, 11):  # noqa: UP036  # it is this file's task to say so
        version = ".".join(map(str, sys.version_info[:2]))
        return [f"Python {version} is too old: install python3 of at least 3.11, or name one with PYTHON=."]
    lacks = []
    try:
        import ensurepip  # noqa: F401  # Debian ships venv without it
        import venv  # noqa: F401
    except ImportError:
        lacks.append("Python cannot make virtual environments: install the package python3-venv.")
    if COMPILE and not Path(sysconfig.get_paths()["include"], "Python.h").exists():
        lacks.append("Python.h is missing: install the package python3-dev, or set TRADEWRIGHT_COMPILE=0.")
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if COMPILE and shutil.which(compiler) is None:
        lacks.append(f"There is no C compiler ({compiler}): install the package gcc, or set TRADEWRIGHT_COMPILE=0.")
    return lacks


def digest(files: Iterable[Path], *facts: str) -> str:
    """Hash of files (names and bytes) and of facts that are not in files."""
    # The base interpreter, so that it is the same from inside an activated .venv.
    total = hashlib.sha256("\0".join([str(ROOT), sys.base_prefix, sys.version, *facts]).encode())
    for file in sorted(files):
        total.update(f"\0{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return total.hexdigest()


def sources() -> list[Path]:
    """Every file the installed package is made from."""
    inside = [p for p in (ROOT / "src").rglob("*") if p.is_file() and p.suffix not in (".pyc", ".so")]
    return [p for p in inside if ".egg-info" not in str(p)] + [ROOT / "setup.py", ROOT / "pyproject.toml"]


def stamped(stamp: Path, value: str) -> bool:
    return stamp.exists() and stamp.read_text() == value


def pip(venv: Path, *arguments: str | Path) -> None:
    command = [venv / "bin/python", "-m", "pip", "install", "--quiet", *arguments]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        sys.exit(f"Set-up failed; what pip said stands above: {' '.join(map(str, command))}")


def install(venv: Path, name: str, *locks: Path, fresh: bool) -> None:
    """Installs `locks` into `venv` unless its stamp `name` says it is done; `fresh`: a changed lock begins anew."""
    stamp, value = venv / f".{name}-stamp", digest(locks)
    if stamped(stamp, value):
        return
    begin = time.monotonic()
    if fresh:
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
    requirements = [argument for lock in locks for argument in ("--requirement", lock)]
    # The locks are complete, and everything in them comes as a wheel. Most modules of a package are never imported:
    # Python compiles those that are at their first import, and half of the time of an install is saved.
    pip(venv, "--no-compile", "--require-hashes", "--no-deps", "--only-binary", ":all:", *requirements)
    stamp.write_text(value)
    print(f"{venv.relative_to(ROOT)} ({name}): install {time.monotonic() - begin:.0f} s", flush=True)


def forget_stale_build(stamp: Path, value: str) -> None:
    """Leaves of an earlier build only what unchanged sources made: by content, as setuptools goes by times alone."""
    if not stamped(stamp, value):
        for pattern in ("lib*", "temp*", "bdist*", "cython"):
            for old in BUILD.glob(pattern):
                shutil.rmtree(old)
    for library in BUILD.glob("lib*"):
        for old in library.rglob("*"):
            if old.is_dir() or old.suffix == ".so":
                continue
            source = ROOT / "src" / old.relative_to(library)
            if not source.exists() or source.read_bytes() != old.read_bytes():
                (BUILD / "cython/src" / old.relative_to(library)).with_suffix(".c").unlink(missing_ok=True)
            old.unlink()


def install_package() -> None:
    """Builds and installs the package as it is in src/, unless the installed one was made from the same files."""
    stamp, value = VENV / ".package-stamp", digest(sources(), str(COMPILE))
    if stamped(stamp, value):
        return
    begin = time.monotonic()
    # What every module depends on; absent while a build is under way, so that a broken one is made anew.
    built = BUILD / ".build-stamp"
    layout = digest([ROOT / "setup.py", LOCKS / "build.txt", *(ROOT / "src").rglob("*.pxd")])
    forget_stale_build(built, layout)
    built.unlink(missing_ok=True)
    stamp.unlink(missing_ok=True)
    pip(VENV, "--no-deps", "--no-build-isolation", "--check-build-dependencies", "--force-reinstall", ROOT)
    built.write_text(layout)
    stamp.write_text(value)
    print(f".venv (tradewright): {'compile' if COMPILE else 'pure'} {time.monotonic() - begin:.0f} s", flush=True)


def main(what: str, *names: str) -> None:
    if lacks := missing():
        sys.exit("\n".join(lacks))
    with Path(__file__).open() as itself:
        fcntl.flock(itself, fcntl.LOCK_EX)  # one set-up at a time in one checkout
        if what == "peer":
            for name in names:
                install(PEERS / name, name, LOCKS / f"bench-{name}.txt", fresh=True)
            return
        install(VENV, "run", LOCKS / "run.txt", LOCKS / "build.txt", fresh=True)
        if what == "dev":
            install(VENV, "dev", LOCKS / "dev.txt", fresh=False)
        install_package()


if __name__ == "__main__":
    main(*sys.argv[1:])
