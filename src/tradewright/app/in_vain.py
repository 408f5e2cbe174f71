"""What strategies asked for and nothing came of, behind what was decided or thought last, from records alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradewright.app.stance import Stance
from tradewright.explain import Story
from tradewright.model.moment import moment_text
from tradewright.model.unmet import WishUnmet


class InVain:
    """story: what was decided or thought before it, None = nothing. `row` and `text` say the same."""

    def __init__(self, unmet: Sequence[WishUnmet], story: Story | Stance | None) -> None:
        self.unmet = unmet
        self.story = story

    def row(self) -> dict[str, Any]:
        """JSON-ready data: that of the story, and under `inVain` the wishes."""
        wishes = [
            {
                "time": moment_text(one.time), "strategy": one.strategy, "wish": one.wish,
                "order": one.order_id or None, "code": one.code, "reason": one.reason,
            }
            for one in self.unmet
        ]  # fmt: skip
        return {**({} if self.story is None else self.story.row()), "symbol": self.unmet[0].symbol, "inVain": wishes}

    def text(self) -> str:
        """The same in lines for a terminal."""
        lines = [] if self.story is None else [self.story.text()]
        return "\n".join(lines + [f"  since  {moment_text(one.time)}  {one.text}" for one in self.unmet])
