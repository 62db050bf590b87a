#!/usr/bin/env python3
"""Write the operation tables from the public AWS service models in the PyPI package `botocore`.

    python3 -m venv .venv && .venv/bin/pip install botocore==1.44.5
    .venv/bin/python src/engine/wire/operations/generate.py           # write the tables
    .venv/bin/python src/engine/wire/operations/generate.py --check   # fail if they differ from the models

Only facts are taken: names, places, types, constraints, statuses. No documentation text. Whatever trait this script
doesn't know stops it, so that a new kind of fact is never dropped in silence.
"""

import gzip
import json
import pathlib
import re
import sys

try:
    import botocore
except ImportError:
    sys.exit("generate.py needs the Python package botocore: python3 -m pip install botocore")

# The release whose models the tables hold. Raise it to take newer ones.
BOTOCORE = "1.44.5"
# (model folder, model version, namespace of error types, module)
SERVICES = [
    ("apigateway", "2015-07-09", "com.amazonaws.apigateway", "apigateway"),
    ("cloudwatch", "2010-08-01", "com.amazonaws.cloudwatch", "cloudwatch"),
    ("logs", "2014-03-28", "com.amazonaws.cloudwatchlogs", "logs"),
    ("sts", "2011-06-15", "com.amazonaws.sts", "sts"),
    ("xray", "2016-04-12", "com.amazonaws.xray", "xray"),
]
# Operations that are left out: their shapes contain themselves, and the decoders rely on a depth bounded by the model.
LEFT_OUT = {("logs", "GetLogFields")}
HERE = pathlib.Path(__file__).resolve().parent
PLACES = {None: "Body", "uri": "Label", "querystring": "Query", "header": "Header"}
KNOWN_MEMBER = {
    "shape", "documentation", "location", "locationName", "deprecated", "deprecatedMessage", "deprecatedSince", "box",
    # What the client fills in by itself.
    "idempotencyToken",
}
KNOWN_SHAPE = {
    "type", "documentation", "members", "required", "payload", "enum", "pattern", "min", "max", "member", "key", "value",
    "box", "sensitive", "union", "xmlOrder", "error", "exception", "fault", "synthetic", "deprecated", "deprecatedMessage",
    # An event stream is described as a structure of which each message holds one member, and written by whoever answers it.
    "eventstream", "event",
}
SCALARS = {"boolean": "Boolean", "timestamp": "Timestamp", "blob": "Blob"}


def known(what, given, allowed):
    strange = set(given) - allowed
    if strange:
        sys.exit(f"generate.py: {what} has {sorted(strange)}, which it doesn't know")


def text(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def constant(name):
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).upper()
    # The table's own names.
    return f"{name}_SHAPE" if name in ("SERVICE", "OPERATIONS", "ERRORS") else name


class Table:
    def __init__(self, model):
        self.shapes = model["shapes"]
        self.lines = {}
        self.used = {"ErrorShape", "Member", "Operation", "Service", "Shape"}

    def limits(self, shape):
        low = f"Some({shape['min']:_})" if "min" in shape else "None"
        high = f"Some({shape['max']:_})" if "max" in shape else "None"
        return f"Limits {{ min: {low}, max: {high} }}"

    def static(self, name, kind, body):
        """Name a constant after its shape; two shapes must not share one."""
        const = constant(name)
        line = f"static {const}: {kind} = {body};"
        if self.lines.setdefault(const, line) != line:
            sys.exit(f"generate.py: two shapes want the name {const}")
        self.used.add(kind)
        return const

    def shape(self, name, above=()):
        """The expression of type `Shape` for the shape of this name; structures and lists become statics once."""
        if name in above:
            sys.exit(f"generate.py: shape {name} contains itself; the decoders rely on a depth bounded by the model")
        shape = self.shapes[name]
        known(f"shape {name}", shape, KNOWN_SHAPE)
        above = (*above, name)
        kind = shape["type"]
        if kind in SCALARS:
            return f"Shape::{SCALARS[kind]}"
        self.used.add("Limits")
        if kind == "string":
            if not {"enum", "pattern", "min", "max"} & set(shape):
                self.used.add("Text")
                return "Shape::Text(&Text::FREE)"
            values = ", ".join(text(v) for v in shape.get("enum", []))
            pattern = f"Some({text(shape['pattern'])})" if "pattern" in shape else "None"
            const = self.static(name, "Text", f"Text {{ values: &[{values}], pattern: {pattern}, length: {self.limits(shape)} }}")
            return f"Shape::Text(&{const})"
        if kind in ("integer", "long", "double"):
            variant = kind.capitalize()
            if not {"min", "max"} & set(shape):
                return f"Shape::{variant}(&Limits::NONE)"
            return f"Shape::{variant}(&{self.static(name, 'Limits', self.limits(shape))})"
        if kind == "list":
            known(f"list {name}", shape["member"], {"shape"})
            const = constant(name)
            if const not in self.lines:
                element = self.shape(shape["member"]["shape"], above)
                self.static(name, "List", f"List {{ element: {element}, length: {self.limits(shape)} }}")
            return f"Shape::List(&{const})"
        if kind == "map":
            const = constant(name)
            if const not in self.lines:
                key = self.shapes[shape["key"]["shape"]]["type"]
                if key != "string":
                    sys.exit(f"generate.py: map {name} has keys of type {key}")
                value = self.shape(shape["value"]["shape"], above)
                self.static(name, "Map", f"Map {{ value: {value}, length: {self.limits(shape)} }}")
            return f"Shape::Map(&{const})"
        if kind == "structure":
            return f"Shape::Structure(&{self.structure(name, above)})"
        sys.exit(f"generate.py: shape {name} is a {kind}, which it doesn't know")

    def structure(self, name, above=()):
        const = constant(name)
        if const in self.lines:
            return const
        shape = self.shapes[name]
        known(f"shape {name}", shape, KNOWN_SHAPE)
        required = set(shape.get("required", []))
        above = above if above and above[-1] == name else (*above, name)
        rows = []
        for member, facts in shape["members"].items():
            known(f"member {name}.{member}", facts, KNOWN_MEMBER)
            target = self.shapes[facts["shape"]]
            place = PLACES.get(facts.get("location"))
            if place is None:
                sys.exit(f"generate.py: member {name}.{member} is at {facts['location']}, which it doesn't know")
            if shape.get("payload") == member:
                place = "Payload"
                if target["type"] != "blob":
                    sys.exit(f"generate.py: payload {name}.{member} is a {target['type']}, the codecs know blobs only")
            if place == "Query" and target["type"] == "map":
                place = "QueryMap"
            wire = facts.get("locationName", member)
            self.used.add("Place")
            rows.append(
                f"    Member {{ name: {text(member)}, wire: {text(wire)}, place: Place::{place}, "
                f"required: {str(member in required).lower()}, shape: {self.shape(facts['shape'], above)} }},"
            )
        body = "\n".join(rows)
        members = f"&[\n{body}\n]" if rows else "&[]"
        return self.static(name, "Structure", f"Structure {{ name: {text(name)}, members: {members} }}")


def table(folder, version, namespace):
    path = pathlib.Path(botocore.__file__).parent / "data" / folder / version / "service-2.json.gz"
    model = json.loads(gzip.decompress(path.read_bytes()))
    meta = model["metadata"]
    out = Table(model)
    operations = []
    for name, facts in sorted(model["operations"].items()):
        if (folder, name) in LEFT_OUT:
            continue
        known(f"operation {name}", facts, {
            "name", "http", "input", "output", "errors", "documentation", "idempotent", "readonly", "auth", "authtype", "requestcompression",
            # A prefix of the host, which the port is sorted by before any operation is known.
            "endpoint", "deprecated", "deprecatedMessage",
        })
        http = facts["http"]
        given = f"Some(&{out.structure(facts['output']['shape'])})" if "output" in facts else "None"
        wrapper = facts.get("output", {}).get("resultWrapper", f"{name}Result")
        if wrapper != f"{name}Result":
            sys.exit(f"generate.py: operation {name} wraps its result in {wrapper}")
        operations.append(
            f"    Operation {{ name: {text(name)}, method: {text(http['method'])}, uri: {text(http['requestUri'])}, "
            f"status: {http.get('responseCode', 200)}, input: &{out.structure(facts['input']['shape'])}, output: {given} }},"
        )
    errors = []
    for name, shape in sorted(model["shapes"].items()):
        if shape.get("exception"):
            error = shape.get("error", {})
            errors.append(
                f"    ErrorShape {{ name: {text(name)}, query_code: {text(error.get('code', name))}, "
                f"status: {error.get('httpStatusCode', 500 if shape.get('fault') else 400)} }},"
            )
    signing = meta.get("signingName", meta["endpointPrefix"])
    option = lambda key: f"Some({text(meta[key])})" if key in meta else "None"
    names = ", ".join(sorted(out.used))
    newline = "\n"
    return f"""// Generated by generate.py from the public service model {folder} {version} of botocore {BOTOCORE}. Never edit it.
//! The operations of {meta['serviceFullName']}, version {version}.

use crate::engine::wire::table::{{{names}}};

/// {meta['serviceFullName']}, signed as `{signing}`.
pub(crate) static SERVICE: Service = Service {{
    name: {text(folder)},
    signing_name: {text(signing)},
    version: {text(meta['apiVersion'])},
    target_prefix: {option('targetPrefix')},
    xml_namespace: {option('xmlNamespace')},
    error_namespace: {text(namespace)},
    query_compatible: {str('awsQueryCompatible' in meta).lower()},
    operations: OPERATIONS,
    errors: ERRORS,
}};

const OPERATIONS: &[Operation] = &[
{newline.join(operations)}
];

const ERRORS: &[ErrorShape] = &[
{newline.join(errors)}
];

{newline.join(out.lines[k] for k in sorted(out.lines))}
"""


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    if botocore.__version__ != BOTOCORE:
        sys.exit(f"generate.py: the tables are those of botocore {BOTOCORE}, but this is {botocore.__version__}: install that one")
    stale = []
    for folder, version, namespace, module in SERVICES:
        path = HERE / f"{module}.rs"
        made = table(folder, version, namespace)
        if check and (not path.exists() or path.read_text() != made):
            stale.append(path.name)
        elif not check:
            path.write_text(made)
    if stale:
        sys.exit(f"generate.py: {', '.join(stale)} differ from the models of botocore {BOTOCORE}; run generate.py")


if __name__ == "__main__":
    main()
