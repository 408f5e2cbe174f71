"""The short text that names a model: `name:argument:…:key=value`, e.g. "per_share:0.005:min=1"."""

from __future__ import annotations

from tradewright.model.errors import InputError
from tradewright.model.numbers import MONEY_MAX, MONEY_SCALE, SIZE_MAX, count_of


class Spec:
    """One parsed text. forms: the known names, each with its usage; what: the model's kind, for messages.

    Every mistake (unknown name, missing, superfluous or malformed argument) raises InputError that shows the usages.
    """

    def __init__(self, what: str, text: str, forms: dict[str, str]) -> None:
        name, *parts = text.split(":")
        self.what = what
        self.text = text
        self.forms = forms
        self.name = name
        self._arguments = [part for part in parts if "=" not in part]
        self._options = dict(part.split("=", 1) for part in parts if "=" in part)
        if name not in forms:
            raise InputError(f"{what} model {text!r}: {name!r} is not one of {', '.join(forms)}")

    def error(self, why: str) -> InputError:
        return InputError(f"{self.what} model {self.text!r}: {why}; usage {self.forms[self.name]}")

    def word(self) -> str:
        """The next argument; "" if there is none."""
        return self._arguments.pop(0) if self._arguments else ""

    def option(self, key: str) -> str:
        """The value of key=value; "" if it is not given."""
        return self._options.pop(key, "")

    def count(self, scale: int, text: str | None = None) -> int:
        """The next argument (or `text`) as a count of 10^-scale, not finer and not missing."""
        number = self.word() if text is None else text
        if not number:
            raise self.error("a number is missing")
        bound = MONEY_MAX if scale == MONEY_SCALE else SIZE_MAX
        try:
            return count_of(number.removesuffix("%"), scale - 2 if number.endswith("%") else scale, "number", bound)
        except InputError as error:
            raise self.error(str(error)) from error

    def positive(self, scale: int, text: str | None = None) -> int:
        """Like `count`, and above zero."""
        count = self.count(scale, text)
        if count <= 0:
            raise self.error("the number must be above zero")
        return count

    def end(self) -> None:
        """Nothing may be left over."""
        left = [*self._arguments, *(f"{key}=" for key in self._options)]
        if left:
            raise self.error(f"does not know {', '.join(left)}")
