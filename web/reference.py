"""The API's documentation, generated from its OpenAPI document for a plain page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web.texts import Texts

_REF = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter or a field. link: the schema its type refers to, or empty."""

    name: str
    type: str
    link: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    summary: str
    parameters: tuple[Row, ...]
    responses: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    name: str
    description: str
    fields: tuple[Row, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Described:
    version: str
    operations: tuple[Operation, ...]
    schemas: tuple[Schema, ...]


def describe(openapi: Mapping[str, Any], texts: Texts) -> Described:
    """Everything in the document, in its order."""
    operations = tuple(
        _operation(method, path, entry, texts)
        for path, methods in openapi["paths"].items()
        for method, entry in methods.items()
    )
    schemas = openapi.get("components", {}).get("schemas", {})
    return Described(
        version=openapi["info"]["version"],
        operations=operations,
        schemas=tuple(_schema(name, entry, texts) for name, entry in schemas.items()),
    )


def _operation(method: str, path: str, entry: Mapping[str, Any], texts: Texts) -> Operation:
    parameters = [_row(p["name"], p["schema"], p, texts) for p in entry.get("parameters", [])]
    responses = []
    for status, response in entry["responses"].items():
        content: Mapping[str, Any] = next(iter(response.get("content", {}).values()), {})
        kind, link = _type(content.get("schema", {}), texts)
        responses.append(Row(status, kind, link, (response.get("description", ""),)))
    return Operation(
        method.upper(), path, entry.get("summary", ""), tuple(parameters), tuple(responses)
    )


def _schema(name: str, entry: Mapping[str, Any], texts: Texts) -> Schema:
    fields = entry.get("properties", {})
    return Schema(
        name,
        entry.get("description", ""),
        tuple(_row(n, f, f, texts) for n, f in fields.items()),
        tuple(map(str, entry.get("enum", ()))),
    )


def _row(name: str, schema: Mapping[str, Any], entry: Mapping[str, Any], texts: Texts) -> Row:
    kind, link = _type(schema, texts)
    notes = [entry["description"]] if entry.get("description") else []
    if entry.get("in") and entry.get("required"):
        notes.append(texts("api.required"))
    if entry.get("in") == "query" and schema.get("type") == "array":
        notes.append(texts("api.many"))
    for key, word in (
        ("default", "default"),
        ("minimum", "at_least"),
        ("maximum", "at_most"),
        ("maxLength", "max_length"),
    ):
        if schema.get(key) not in (None, "", []):
            notes.append(texts(f"api.{word}", value=schema[key]))
    return Row(name, kind, link, tuple(notes))


def _type(schema: Mapping[str, Any], texts: Texts) -> tuple[str, str]:
    """A description of a schema's type, and the name of the schema it refers to."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        return name, name
    for key in ("anyOf", "allOf"):
        options = [o for o in schema.get(key, []) if o.get("type") != "null"]
        if options:
            return _type(options[0], texts)
    kind = schema.get("type", "")
    if kind == "array":
        inner, link = _type(schema.get("items", {}), texts)
        return texts("api.list_of", type=inner), link
    if kind == "object" and "additionalProperties" in schema:
        inner, link = _type(schema["additionalProperties"], texts)
        return texts("api.map_of", type=inner), link
    if schema.get("format") == "date":
        return texts("api.type_date"), ""
    return texts(f"api.type_{kind}") if kind in _TYPES else texts("api.any"), ""


_TYPES = ("string", "integer", "number", "boolean")
