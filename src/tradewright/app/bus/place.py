"""How far a bus was told: a small file beside the journal, replaced whole and durable before anything more is told."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from tradewright.model.errors import InputError

NAME = "bus.place"


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """bus: which one was told; sequence, hash: the last record it was told of, and the chain's hash there (hex), "" =
    before the first; epoch: stands in the ids of what is told from the making of this place on."""

    bus: str
    sequence: int
    hash: str
    epoch: str = ""


def read_place(file: Path) -> Place | None:
    """None where no bus was ever told. Raises InputError for what was not written here."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Place)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(
            f"{file} can not be read ({error}); without it the bus is told from the next start on"
        ) from error


def write_place(file: Path, place: Place) -> None:
    beside = file.with_suffix(".new")
    with beside.open("wb") as made:
        made.write(msgspec.json.encode(place))
        made.flush()
        os.fsync(made.fileno())
    beside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
