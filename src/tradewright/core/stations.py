"""Every rule of every station, in the order they are asked. A rule's station is its own word (`Rule.station`)."""

from __future__ import annotations

from tradewright.core.conduct_rules import CONDUCT_RULES
from tradewright.core.exposure import CANARY, parts_of
from tradewright.core.exposure_rules import EXPOSURE_RULES
from tradewright.core.filter import RISK_KEYS
from tradewright.core.filter_rules import FILTER_RULES
from tradewright.core.limits import CANARY_DAYS, PARAMETERS, Limits
from tradewright.core.loss_rules import LOSS_RULES
from tradewright.core.notice_rules import NOTICE_RULES
from tradewright.core.picker_rules import PICKER_RULES
from tradewright.core.risk import Rule
from tradewright.core.rules import ORDER_RULES
from tradewright.core.session import SESSION_RULES
from tradewright.core.setup import Setup
from tradewright.model.errors import InputError

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

#: Parameters of limits, and the limits that read them, each in its own scope alone. How risk is counted is told by the
#: exposure status too.
READ_BESIDE: dict[str, list[str]] = {
    name: [rule.limit for rule in RULES if name in rule.also and not rule.switches]
    for name in PARAMETERS
    if name not in RISK_KEYS
}


def check_parameters(setup: Setup) -> None:
    """Whether each parameter stands beside a limit that reads it: alone it would do nothing. Raises InputError naming
    its scope."""
    own = {f"account:{account.name}": limits for account, limits in setup.limits_of_accounts()}
    for scope, limits in {**own, **setup.further_limits()}.items():
        check_beside(scope, limits)


def check_beside(scope: str, limits: Limits) -> None:
    """The same of one scope. Raises InputError."""
    if limits.has(CANARY_DAYS) and CANARY not in parts_of(scope):
        raise InputError(
            f"limits of {scope}: {CANARY_DAYS} is of canary limits; state it for {CANARY} or {CANARY}:STRATEGY"
        )
    for name, readers in READ_BESIDE.items():
        if readers and limits.has(name) and not any(map(limits.has, readers)):
            raise InputError(
                f"limits of {scope}: {name} says how {' or '.join(readers)} counts, which is not set there; "
                "state both in one scope"
            )
