"""The published schemas, one for each kind of document."""

from __future__ import annotations

from collections.abc import Mapping

from stemma.publish import result_json
from stemma.publish.registry.schemas import TITLES as _RECORD_TITLES
from stemma.publish.schemas import shapes
from stemma.publish.schemas.shapes import Shape, count, many, maybe, named, nullable, number, text, thing

_COMPARISON: dict[str, Shape] = {
    "a": text("First model, as asked for."),
    "b": text("Second model, as asked for."),
    **shapes.RULING,
    "error": shapes.ERROR,
    "model_a": nullable(shapes.MODEL),
    "model_b": nullable(shapes.MODEL),
    "cost": shapes.COST,
    "command": text("The command that makes this document again."),
}

_INSPECTION: dict[str, Shape] = {
    "reference": text("The model, as asked for."),
    "error": shapes.ERROR,
    "model": nullable(shapes.MODEL),
    "files": many(shapes.FILE, "The files that hold the weights."),
    "dtypes": many(
        thing(
            {"dtype": text("Type."), "tensors": count("Tensors."), "parameters": count("Numbers.")},
            "One type.",
        ),
        "Types in which the weights are stored.",
    ),
    "roles": many(
        thing(
            {
                "stack": text("Encoder, decoder, vision, ..."),
                "role": text("What the tensors do."),
                "tensors": count("How many."),
                "shapes": many(text("Such as 4096x1024."), "Distinct canonical shapes."),
            },
            "One role in one stack.",
        ),
        "Roles found.",
    ),
    "exempt": many(
        thing({"tensor": text("Its name."), "reason": text("Why it has no role.")}, "One tensor."),
        "Tensors without a role.",
    ),
    "facts": named(shapes.ANYTHING, "Facts of the configuration; a missing one says why."),
    "tokenizer": maybe(text("The tokenizer in a line.")),
    "declared": named(shapes.ANYTHING, "What metadata claim of parents; never evidence."),
    "cost": shapes.COST,
}

_FINGERPRINT: dict[str, Shape] = {
    "reference": text("The model, as asked for."),
    "error": shapes.ERROR,
    "output": maybe(text("The file that was written.")),
    "digest": text("Digest of the fingerprint."),
    "size": count("Bytes of the fingerprint."),
    "fingerprint_schema": text("Schema id of the fingerprint, naming every parameter."),
    "model": nullable(shapes.MODEL),
    "files": many(shapes.FILE, "The sources, with their digests."),
    "cost": shapes.COST,
}

_CANDIDATE = thing(
    {
        "rank": {"type": "integer", "minimum": 1, "description": "1 is the nearest."},
        "name": text("The model of the catalog; A of the ruling."),
        "score": number("Similarity of search sketches; orders work, is no evidence."),
        **shapes.RULING_IN_SHORT,
        "corrected_log10_p": number("Strongest log10 p after correction for the catalog."),
        "reasons": many(text("A sentence."), "Why, citing numbers."),
        "evidence": many(thing(shapes.EVIDENCE_IN_SHORT, "One test."), "Tests that ran, in short."),
    },
    "One candidate; label is null where it was ranked but not compared.",
)

_SCAN: dict[str, Shape] = {
    "query": text("The model, as asked for; B of every ruling."),
    "catalog": text("The catalog that was searched."),
    "catalog_size": count("Fingerprints in it."),
    "corrected_for": count("Candidates that the error rate is spread over."),
    "alpha": number("Chance of calling any independent candidate linked, over the whole scan."),
    "error": shapes.ERROR,
    "model": nullable(shapes.MODEL),
    "candidates": many(_CANDIDATE, "In order of rank."),
    "not_examined": many(text("A sentence."), "What could not be looked at, and why."),
    "cost": shapes.COST,
}

_CATALOG: dict[str, Shape] = {
    "catalog": text("Where it lies."),
    "entries": many(
        thing(
            {
                "name": text("The model."),
                "digest": text("Digest of the fingerprint."),
                "schema": text("Schema id of the fingerprint."),
                "size": count("Bytes of the fingerprint."),
                "parameters": maybe(count("How many numbers the weights hold.")),
                "layers": maybe(count("How many layers.")),
                "hidden": maybe(count("Width of the residual stream.")),
                "source": maybe(text("Where the weights were read from.")),
            },
            "One fingerprint.",
        ),
        "The fingerprints, in the order of the catalog.",
    ),
    "problems": many(text("A sentence."), "What a verification found."),
}

_TITLES: Mapping[str, tuple[str, dict[str, Shape]]] = {
    result_json.COMPARISON: ("Comparison of two models", _COMPARISON),
    result_json.INSPECTION: ("What a model is made of", _INSPECTION),
    result_json.FINGERPRINT: ("A fingerprint that was made", _FINGERPRINT),
    result_json.SCAN: ("Scan of a catalog", _SCAN),
    result_json.CATALOG: ("Contents of a catalog", _CATALOG),
    **_RECORD_TITLES,
}


def build_schemas() -> dict[str, Shape]:
    """All schemas by the id that a document carries in ``schema``."""
    return {name: _schema(name, title, fields) for name, (title, fields) in _TITLES.items()}


def _schema(name: str, title: str, fields: dict[str, Shape]) -> Shape:
    body = thing({"schema": {"const": name}, **fields, "stemma": shapes.STEMMA, "undefined": shapes.UNDEFINED}, "")
    del body["description"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:stemma:schema:{name.removeprefix('stemma.').replace('/', ':')}",
        "title": title,
        **body,
        "$defs": {"missing": shapes.MISSING},
    }
