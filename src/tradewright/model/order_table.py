"""Which orders a venue takes, as a table that a trader can read: order type × flag × time in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from tradewright.model.order import CLS, DAY, FLAGS, FOK, GTC, IOC, OPG, ORDER_TYPES, TIMES_IN_FORCE

COLUMNS = (DAY, GTC, IOC, FOK, OPG, CLS)


class OrderTable:
    """rows: (order type, flag or 0) → for each of COLUMNS "" where the venue takes such an order, else the code of the
    refusal. A flag that has no row of its own changes nothing of what its type's row says; a type that has none is
    refused with `no_type`."""

    def __init__(self, no_type: str, rows: Mapping[tuple[int, int], tuple[str, ...]]) -> None:
        self.no_type = no_type
        self.rows: Mapping[tuple[int, int], tuple[str, ...]] = MappingProxyType(dict(rows))

    def refusal(self, type: int, time_in_force: int, flags: int = 0) -> str:
        """The code that refuses an order of this type, time in force and set of flags; "" = it is taken. What the bare
        order is refused for comes first, then its flags in the order of `FLAGS`."""
        if time_in_force not in COLUMNS or (type, 0) not in self.rows:
            return self.no_type
        column = COLUMNS.index(time_in_force)
        rows = [self.rows.get((type, flag)) for flag in (0, *FLAGS) if flag == 0 or flags & flag]
        return next((row[column] for row in rows if row is not None and row[column]), "")

    def cells(self) -> Iterator[tuple[int, int, int, str]]:
        """Every (type, time in force, flag or 0) with its code."""
        for type in ORDER_TYPES:
            for flag in (0, *FLAGS):
                for time_in_force in COLUMNS:
                    yield type, time_in_force, flag, self.refusal(type, time_in_force, flag)

    def text(self) -> str:
        """For a page: one line for each type, a column for each time in force; in the cells the flags that are taken
        besides the bare order, "–" where none is taken."""
        lines = ["| | " + " | ".join(TIMES_IN_FORCE[column] for column in COLUMNS) + " |", "|---" * 7 + "|"]
        for type, name in ORDER_TYPES.items():
            cells = [self._cell(type, column) for column in COLUMNS]
            lines.append(f"| {name.replace('_', '-')} | " + " | ".join(cells) + " |")
        return "\n".join(lines)

    def _cell(self, type: int, time_in_force: int) -> str:
        if self.refusal(type, time_in_force):
            return "–"
        taken = [name.replace("_", "-") for flag, name in FLAGS.items() if not self.refusal(type, time_in_force, flag)]
        return "yes" if not taken else "yes; " + ", ".join(taken)
