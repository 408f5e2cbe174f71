"""What a schema says of each field, in the words in which the data has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Fields = dict[str, str]
#: Documents know one kind of number.
TYPES = {"integer": "number", "object": "object"}


class Schemas:
    """The schemas of a document of OpenAPI or AsyncAPI, by name."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._named: dict[str, Any] = document["components"]["schemas"]

    def fields(self, schema: Any, path: str = "", deep: bool = False, body: bool = False) -> Fields:
        """Each field of an object in words. path: to an object within it, like `symbols[]` or `prices.*`. deep: fields
        of objects within it stand there themselves. body: of a request, which may leave out what it may say as null."""
        for step in filter(None, path.split(".")):
            schema = self._inside(self._whole(schema), step)
        return dict(self._fields(self._whole(schema), "", deep, body))

    def _inside(self, schema: Any, step: str) -> Any:
        if step == "*":
            return self._whole(schema["additionalProperties"])
        found = self._whole(schema["properties"][step.removesuffix("[]")])
        return self._whole(found["items"]) if step.endswith("[]") else found

    def _fields(self, schema: Any, before: str, deep: bool, body: bool) -> Iterator[tuple[str, str]]:
        for name, one in schema["properties"].items():
            within, path = self._whole(one), f"{before}{name}"
            if within.get("type") == "array":
                path, within = f"{path}[]" if deep else path, self._whole(within["items"])
            if deep and "properties" in within:
                yield from self._fields(within, f"{path}.", deep, body)
                continue
            kind, optional = self._words(one), name not in schema.get("required", ())
            if body and optional:
                kind = kind.removesuffix(" or null")
            default = one.get("default")
            said = "" if not optional else ", may be left out" if default is None else f", default {default}".lower()
            yield path.removesuffix("[]"), kind + said

    def _words(self, schema: Any) -> str:
        if "$ref" in schema and "properties" in self._whole(schema):
            return str(schema["$ref"].rpartition("/")[2])
        schema = self._whole(schema)
        if "anyOf" in schema:
            return " or ".join(dict.fromkeys(map(self._words, schema["anyOf"])))
        if "enum" in schema:
            return " | ".join(sorted(schema["enum"]))
        if schema.get("type") == "array":
            return f"array of {self._words(schema['items'])}"
        kinds = schema.get("type", "any")
        return " or ".join(TYPES.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))

    def _whole(self, schema: Any) -> Any:
        """Without references."""
        while "$ref" in schema:
            schema = self._named[schema["$ref"].rpartition("/")[2]]
        return schema


def fields_of(value: Any, before: str = "") -> Fields:
    """The same of a value that was answered."""
    found: Fields = {}
    for name, one in value.items():
        if isinstance(one, dict):
            found |= fields_of(one, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = kind_of(one)
    return found


def kind_of(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "number"
