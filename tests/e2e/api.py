"""OpenAPI 3.1 as the tests use it: the document, its schemas, and samples on both sides of what a schema says."""

import copy
import json
import math
import re

import jsonschema


def _max_bytes(_validator, most, value, _schema):
    """What JSON Schema cannot say: the bytes of a text, or of an object as compact JSON."""
    if isinstance(value, str) and len(value.encode()) > most:
        yield jsonschema.ValidationError(f"more than {most} bytes")
    if isinstance(value, dict) and len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()) > most:
        yield jsonschema.ValidationError(f"more than {most} bytes")


Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"x-max-bytes": _max_bytes})


def _close(schema):
    """Answers are open for fields to come; what is tested is that there is none that the description lacks."""
    if "properties" in schema:
        schema.setdefault("additionalProperties", False)
        for one in schema["properties"].values():
            _close(one)
    if isinstance(schema.get("items"), dict):
        _close(schema["items"])


class Document:
    def __init__(self, text):
        self.json = json.loads(text)
        self.components = copy.deepcopy(self.json["components"])
        for one in self.components["schemas"].values():
            _close(one)

    def resolve(self, value):
        while isinstance(value, dict) and "$ref" in value:
            found = self.json
            for step in value["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            value = {**found, **{k: v for k, v in value.items() if k != "$ref"}}
        return value

    def validator(self, schema):
        return Validator({**schema, "components": self.components})

    def calls(self):
        """(method, path, operation) of each."""
        for path, item in self.json["paths"].items():
            for method, operation in item.items():
                yield method.upper(), path, operation

    def call(self, operation_id):
        return next(c for c in self.calls() if c[2]["operationId"] == operation_id)

    def parameters(self, operation, place):
        return [p for p in map(self.resolve, operation["parameters"]) if p["in"] == place]


def examples(value, path=""):
    """(where, schema, example) of everything in the document that has both."""
    if isinstance(value, dict):
        if "schema" in value and "example" in value:
            yield path, value["schema"], value["example"]
        for key, one in value.items():
            yield from examples(one, f"{path}/{key}")
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from examples(one, f"{path}/{i}")


def _near(schema):
    for bound, way in (("minimum", -1), ("maximum", 1)):
        if bound in schema:
            edge = schema[bound]
            yield edge
            yield edge + way
            if schema["type"] == "number":
                yield math.nextafter(edge, -math.inf)
                yield math.nextafter(edge, math.inf)
    if "minimum" in schema:
        yield schema["minimum"] + 0.5
        yield float(schema["maximum"])


def _texts(schema):
    if "enum" in schema:
        yield from schema["enum"]
        yield schema["enum"][0] + "x"
        yield schema["enum"][0].upper()
    if "minLength" in schema:
        least, most = schema["minLength"], schema["maxLength"]
        yield from ("a" * n for n in (least - 1, least, most, most + 1) if n >= 0)
        yield "é" * (most // 2)
        yield "é" * (most // 2 + 1)
        yield from ("a\u0007", "a\u007f", "a\nb", "a\r\nb", "A b")
    if "pattern" in schema:
        yield from ("", " ", "..", "x", "é")


OTHER_TYPES = (None, True, 0, 1, 1.5, -1, "", "1", "true", [], [1], {}, {"a": 1})


def samples(schema, more=()):
    """Values just inside and just outside of what the schema allows, and of other types; some may be allowed."""
    seen = set()
    for value in (*_near(schema), *(_texts(schema) if schema.get("type") == "string" else ()), *more, *OTHER_TYPES):
        key = json.dumps(value) + type(value).__name__
        if key not in seen:
            seen.add(key)
            yield value


def fits(pattern, text):
    return re.fullmatch(pattern.removeprefix("^").removesuffix("$"), text) is not None
