"""Every rule of every station, in the order they are asked. A rule's station is its own word (`Rule.station`)."""

from __future__ import annotations

from tradewright.core.conduct_rules import CONDUCT_RULES
from tradewright.core.exposure_rules import EXPOSURE_RULES
from tradewright.core.filter_rules import FILTER_RULES
from tradewright.core.loss_rules import LOSS_RULES
from tradewright.core.notice_rules import NOTICE_RULES
from tradewright.core.picker_rules import PICKER_RULES
from tradewright.core.risk import Rule
from tradewright.core.rules import ORDER_RULES
from tradewright.core.session import SESSION_RULES

RULES: list[Rule] = [
    *PICKER_RULES,
    *FILTER_RULES,
    *ORDER_RULES,
    *EXPOSURE_RULES,
    *LOSS_RULES,
    *SESSION_RULES,
    *CONDUCT_RULES,
    *NOTICE_RULES,
]
