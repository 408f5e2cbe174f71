"""What the interface says of itself: an OpenAPI 3.1 document made of the declared routes and shapes, and a page of
it. The page asks no other host for anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from tradewright import __version__
from tradewright.app.api.asyncapi import asyncapi_of
from tradewright.app.api.door import NEAR
from tradewright.app.api.problem import CODES, MEDIA, ProblemBody
from tradewright.app.api.route import OPEN, Route, Routes
from tradewright.app.api.shapes import TEXTS_TOO

ROUTES = Routes()
ABOUT = (
    "Reads what a running engine knows, and carries what a person asks of it. Every key, and every token of one, is "
    "`Authorization: Bearer`."
)
REF = "#/components/schemas/{name}"
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = "body{font:1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}code{background:#eee}"


@ROUTES.add("GET", "/openapi.json", OPEN)
async def openapi(request: Request) -> Response:
    """This interface as an OpenAPI 3.1 document."""
    return Response(msgspec.json.encode(request.app.state.openapi), media_type="application/json")


@ROUTES.add("GET", "/asyncapi.json", OPEN)
async def asyncapi(request: Request) -> Response:
    """What is told at the sockets as an AsyncAPI 3.0 document."""
    return Response(msgspec.json.encode(asyncapi_of(_numbers)), media_type="application/json")


@ROUTES.add("GET", "/docs", OPEN)
async def page(request: Request) -> Response:
    """This interface as a page."""
    text = "\n".join(_page(request.app.state.openapi))
    return Response(text, media_type="text/html", headers={"content-security-policy": POLICY})


def openapi_of(application: FastAPI, routes: Sequence[Route]) -> dict[str, Any]:
    """FastAPI says the parameters, our shapes say the rest."""
    found: list[type] = [ProblemBody]
    for route in routes:
        found += [shape for shape in (route.answer, route.body) if shape is not None and shape not in found]
    schemas, components = msgspec.json.schema_components(found, ref_template=REF)
    named = dict(zip(found, schemas, strict=True))
    made = get_openapi(
        title="tradewright", version=__version__, openapi_version="3.1.0", description=ABOUT,
        routes=application.routes,
    )  # fmt: skip
    made["components"] = {
        "schemas": _numbers(components),
        "securitySchemes": {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "a key of this service, or a token that one was exchanged for",
            }
        },
    }
    made["x-codes"] = {code: {"status": status, "meaning": text} for code, (status, text) in CODES.items()}
    for route in routes:
        operation = made["paths"][route.path][route.method.lower()]
        operation["responses"] = _answers(route, named)
        operation["security"] = [] if route.scope == OPEN else [{"key": []}, *([{}] if route.path == NEAR else [])]
        operation["x-scope"] = route.scope
        if route.body is not None:
            content = {"schema": named[route.body], "example": route.example}
            needed = any(field.required for field in msgspec.structs.fields(route.body))
            operation["requestBody"] = {"required": needed, "content": {"application/json": content}}
    return made


def _answers(route: Route, named: dict[type, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "as asked"}
    if route.answer is not None:
        good["content"] = {"application/json": {"schema": named[route.answer]}}
    problem = {"description": "why not, by its code", "content": {MEDIA: {"schema": named[ProblemBody]}}}
    answers = {"200": good, "default": problem}
    if route.scope == OPEN and route.answer is not None:
        answers["503"] = {**good, "description": "it can not trade"}
    return answers


def _numbers(schema: Any) -> Any:
    """Decimals are written as JSON numbers, and taken as texts as well where they say so."""
    if isinstance(schema, dict):
        if schema.get("format") == "decimal":
            rest = {key: value for key, value in schema.items() if key not in ("format", "type", TEXTS_TOO)}
            return {"type": ["number", "string"] if TEXTS_TOO in schema else "number", **rest}
        return {key: _numbers(value) for key, value in schema.items()}
    return [_numbers(item) for item in schema] if isinstance(schema, list) else schema


def _page(document: dict[str, Any]) -> Iterator[str]:
    yield f"<!doctype html><meta charset=utf-8><title>tradewright</title><style>{STYLE}</style>"
    yield f"<h1>tradewright {escape(document['info']['version'])}</h1><p>{escape(document['info']['description'])}</p>"
    yield '<p><a href="/openapi.json">openapi.json</a>, of the sockets <a href="/asyncapi.json">asyncapi.json</a></p>'
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            scope = operation["x-scope"] or "none"
            yield f"<h3><code>{method.upper()} {escape(path)}</code></h3><p>{escape(operation['description'])}</p>"
            yield f"<p>Scope: {escape(scope)}</p>"
            found = [*_parameters(operation)]
            if found:
                yield "<ul>" + "".join(found) + "</ul>"
            if "requestBody" in operation:
                example = operation["requestBody"]["content"]["application/json"]["example"]
                yield f"<p>Body: <code>{escape(msgspec.json.encode(example).decode())}</code></p>"


def _parameters(operation: dict[str, Any]) -> Iterator[str]:
    for one in operation.get("parameters", []):
        yield f"<li><code>{escape(one['name'])}</code> ({one['in']}) {escape(one.get('description', ''))}</li>"
