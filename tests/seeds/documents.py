"""The documents in which the system was asked for: their lines, their blocks, and the fields that stand in them. The
data of this folder is checked against them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

#: Short names of the documents, by which the data says where something stands: S1:48 is line 48 of S1.
NAMES = ("S0", "S1", "S2", "S3", "S4")
FIELD = re.compile(r'^"?(\w+)"?(\??)\s*:\s*(.+)$')
#: What a program of a document answers.
ANSWER = re.compile(r"res\.json\(\{ (.+) \}\)")
#: What a document calls it → what it is on the wire.
TYPES = {"Date": "string", "true": "boolean", "false": "boolean"}


def documents(shared: Path) -> dict[str, list[str]]:
    """Lines of each document, by its name."""
    files = sorted((shared / "seeds").glob("*.txt"))
    assert len(files) == len(NAMES)
    return {name: file.read_text().splitlines() for name, file in zip(NAMES, files, strict=True)}


def at(place: str, known: dict[str, list[str]]) -> list[str]:
    """The lines of a place like S1:48-58."""
    name, first, last = parts_of(place)
    return known[name][first - 1 : last]


def parts_of(place: str) -> tuple[str, int, int]:
    name, _, span = place.partition(":")
    first, _, last = span.partition("-")
    return name, int(first), int(last or first)


def blocks(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """First and last line of what stands within each pair of fences, from 1."""
    fences = [number for number, line in enumerate(lines, 1) if line.startswith("```")]
    assert len(fences) % 2 == 0
    yield from ((first + 1, last - 1) for first, last in zip(fences[::2], fences[1::2], strict=True))


def fields(lines: Sequence[str]) -> dict[str, str]:
    """Each field of a shape in words, by its path: `side` → `buy | sell`. Written as a list of fields, as an interface
    of TypeScript, as an example in JSON, as what a program answers,
    or, where nothing of this is there, as names in a text."""
    found: dict[str, str] = {}
    inside: list[str] = []
    for line in lines:
        text, _, comment = line.partition("//")
        text = text.strip().rstrip(",;")
        match, answer = FIELD.match(text), ANSWER.search(text)
        if answer is not None:
            for name, _, value in (part.partition(": ") for part in answer[1].split(", ")):
                found[name] = kind_of(value or name)
        elif match is not None and match[3] in ("{", "["):
            inside.append(match[1] + "[]" * (match[3] == "["))
        elif text == "{":
            inside.append("")
        elif text[:1] in ("}", "]") and text:
            inside = inside[:-1]
        elif match is not None:
            path = ".".join([*filter(None, inside), match[1]])
            found[path] = words(match[3], match[2] == "?", comment)
    return found or dict.fromkeys(re.findall(r"`(\w+)", "\n".join(lines)), "any")


def words(said: str, optional: bool, comment: str) -> str:
    """What a field takes, whether it may be left out, and what holds then."""
    kind, _, note = said.partition(" (")
    note += comment
    default = re.search(r'default: "?([\w–-]+)', note)
    needed = re.search(r"required (for [\w ]+)", note)
    found = [union([part.strip() for part in kind.split("|")])]
    if default is not None:
        found.append(f"default {default[1]}")
    elif optional:
        found.append("may be left out")
    if needed is not None:
        found.append(f"needed {needed[1]}")
    return ", ".join(found)


def union(parts: list[str]) -> str:
    if len(parts) > 1 and all(part[:1] in ("'", '"') for part in parts):
        return " | ".join(sorted(part[1:-1] for part in parts))
    return " or ".join(dict.fromkeys(map(kind_of, parts)))


def kind_of(word: str) -> str:
    """A value of an example is of its type; a name that is no type is any."""
    if word[:1] in ("'", '"'):
        return "string"
    if re.fullmatch(r"-?[\d.]+", word):
        return "number"
    if word.endswith("[]"):
        return f"array of {kind_of(word[:-2])}"
    if word in ("string", "number", "boolean", "null", "any") or re.fullmatch(r"[A-Z]\w+", word):
        return TYPES.get(word, word)
    return TYPES.get(word, "any")
