"""The service as a command: signals end it, and what it was is said. And what a configuration is without it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tradewright.app import collector
from tradewright.app.blueprint import Blueprint, blueprint_of
from tradewright.app.config import Config
from tradewright.app.home import home
from tradewright.app.service import Service
from tradewright.app.service_log import ServiceLog
from tradewright.app.service_words import ServiceEnd, end_of
from tradewright.app.stopping import stopped_by_signals
from tradewright.app.wiring.venues import meaning_of, place_of
from tradewright.model.errors import JournalLocked
from tradewright.model.shadow import is_shadow
from tradewright.ports import CrashPoint, no_crash

#: How often a lock that another engine has is tried again.
AGAIN_SECONDS = 1.0


def home_of(config: Config, given: Path | None) -> Path:
    """Where its journal lies: as the command says, else as the file says, else the home of all commands. Raises
    InputError for a file."""
    said = config.file.parent / Path(config.block.home).expanduser() if config.block.home else None
    return home(given or said)


def opened(config: Config, folder: Path, log: ServiceLog, crash: CrashPoint = no_crash) -> Service:
    """The service, not yet running. Where accounts are owned by lease, another engine on this machine or in this home
    is waited for, as one elsewhere would be. Raises InputError, JournalError."""
    told = False
    while True:
        try:
            return Service(config, folder, log, crash)
        except JournalLocked as locked:
            if config.block.leases is None:
                raise
            if not told:
                log.say(f"LEASE  standing by; {locked}")
                told = True
        time.sleep(AGAIN_SECONDS)


def serve_until_told(config: Config, folder: Path, quiet: bool, crash: CrashPoint = no_crash) -> ServiceEnd:
    """Runs it. Raises InputError, JournalError, LeaseLost, NotReady."""
    service = opened(config, folder, ServiceLog(quiet, config.block.logging.format == "json"), crash)
    service.settle = collector.settle
    try:
        asyncio.run(_run(service))
        return end_of(service.plan, service.room, folder, service.remarks, service.left, str(service.audit.head))
    finally:
        service.close()


async def _run(service: Service) -> None:
    with stopped_by_signals(service.stop, "the next start"):
        await service.run()


# ── without running it ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Checked:
    """A configuration with which the service could begin, as far as that is known without a network."""

    config: Config
    plan: Blueprint

    def row(self) -> dict[str, Any]:
        accounts = {
            name: {"venue": account.venue, "place": place_of(account), "meaning": meaning_of(account),
                   "symbols": account.symbols, "secrets": sorted(self._secrets(name))}
            for name, account in self.config.accounts.items()
        }  # fmt: skip
        limits = {
            terms.name: sorted(limits.values)
            for terms, limits in self.plan.setup([]).limits_of_accounts()
            if not is_shadow(terms.name)
        }
        return {
            "good": True, "file": str(self.config.file), "accounts": accounts,
            "shadow": None if self.plan.shadow is None else self.plan.shadow.account,
            "strategies": {spec.id: spec.account for spec in self.plan.specs}, "limits": limits,
            "remarks": self.config.remarks,
        }  # fmt: skip

    def _secrets(self, name: str) -> Iterator[str]:
        place = f"accounts.{name}."
        found = self.config.secrets.items()
        return (f"{path[len(place) :]} from {secret.source}" for path, secret in found if path.startswith(place))

    def text(self) -> str:
        row = self.row()
        lines = [f"{self.config.file} is good"]
        for name, account in row["accounts"].items():
            keys = f"; {', '.join(account['secrets'])}" if account["secrets"] else ""
            lines.append(f"account {name}: {account['venue']} at {account['place']} — {account['meaning']}{keys}")
            lines.append(f"  limits: {', '.join(row['limits'][name]) or 'NONE'}")
        lines += [f"strategy {id}: account {account}" for id, account in row["strategies"].items()]
        if row["shadow"]:
            lines.append(f"shadow: of account {row['shadow']}, in this process")
        return "\n".join([*lines, *self.config.remarks])


def checked(config: Config) -> Checked:
    """Raises InputError with file, line and key."""
    for path in config.secrets:
        config.secret_at(path)
    return Checked(config, blueprint_of(config, {}))


def yaml_of(row: dict[str, Any]) -> str:
    """As a file of YAML would have it."""
    return yaml.safe_dump(row, sort_keys=False, allow_unicode=True, width=120).rstrip()
