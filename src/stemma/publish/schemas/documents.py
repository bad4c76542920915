"""The published schemas, one for each kind of document."""

from __future__ import annotations

from collections.abc import Mapping

from stemma.evidence.merge import MergeKind
from stemma.publish import result_json
from stemma.publish.alerts.schemas import TITLES as _ALERT_TITLES
from stemma.publish.lineage.schemas import TITLES as _LINEAGE_TITLES
from stemma.publish.registry.schemas import TITLES as _RECORD_TITLES
from stemma.publish.schemas import shapes
from stemma.publish.schemas.shapes import Shape, choice, count, many, maybe, named, nullable, number, text, thing
from stemma.publish.tree_model import EdgeKind
from stemma.vocabulary import Mechanism

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

_MERGE = thing(
    {
        "kind": choice(MergeKind, "How the weights were put together, as mergekit names it."),
        "base": nullable(text("The model that changes were added to.")),
        "parents": many(
            thing(
                {
                    "name": text("The parent, a model of the catalog."),
                    "coefficient": number("Its coefficient as in the configuration."),
                    "low": number("Lower end of the 95 % interval."),
                    "high": number("Upper end."),
                    "density": number("Share of its change that was kept."),
                },
                "One parent.",
            ),
            "All parents, the largest coefficient first.",
        ),
        "layers": many(
            thing(
                {
                    "layer": text("The layer."),
                    "coefficients": many(number("A coefficient."), "In the order of the parents."),
                    "source": text("The layer that was taken over; empty where layers were mixed."),
                },
                "One layer.",
            ),
            "The same, layer by layer.",
        ),
        "gain": number("What mixing takes away of the squared distance to the nearest single model, out of sample."),
        "left": number("What is left, relative to the distance of the nearest single model."),
        "trained_on": {"type": "boolean", "description": "Whether more is left than rounding explains."},
        "collinear": number("Largest cosine between the changes of two parents."),
        "warnings": many(text("A sentence."), "What makes coefficients doubtful."),
        "evidence": shapes.EVIDENCE,
        "configuration": text("The nearest mergekit configuration, as YAML."),
    },
    "The merge that the query is; missing says why it counts as none, null that nothing was looked for.",
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
    "merge": nullable(maybe(_MERGE)),
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

_TREE: dict[str, Shape] = {
    "models": many(
        thing(
            {
                "name": text("The model, as asked for."),
                "family": count("Number of its family."),
                "error": shapes.ERROR,
            },
            "One model.",
        ),
        "In the order asked.",
    ),
    "edges": many(
        thing(
            {
                "source": text("The older model where the edge is directed."),
                "target": text("The other one."),
                "kind": choice(EdgeKind, "What the edge says."),
                "directed": {"type": "boolean", "description": "Whether the way is known."},
                "mechanism": choice(Mechanism, "How, where evidence names it.", or_null=True),
                "resolved": {"type": "boolean", "description": "False where the edge may stand for a longer way."},
                "reasons": many(text("A sentence."), "Why, citing numbers."),
                "log10_p": number("Strongest log10 p of the pair's tests."),
                "distance": number("Distance relative to the size of the weights."),
            },
            "One edge.",
        ),
        "The edges of all families.",
    ),
    "families": count("How many families."),
    "pairs": count("Pairs that were ruled on."),
    "linked": count("Pairs that are linked."),
    "alpha": number("Chance of calling any independent pair linked, over all pairs."),
    "not_examined": many(text("A sentence."), "What could not be looked at, and why."),
    "cost": shapes.COST,
}

_TITLES: Mapping[str, tuple[str, dict[str, Shape]]] = {
    result_json.COMPARISON: ("Comparison of two models", _COMPARISON),
    result_json.INSPECTION: ("What a model is made of", _INSPECTION),
    result_json.FINGERPRINT: ("A fingerprint that was made", _FINGERPRINT),
    result_json.SCAN: ("Scan of a catalog", _SCAN),
    result_json.CATALOG: ("Contents of a catalog", _CATALOG),
    result_json.TREE: ("Family graph of a set of models", _TREE),
    **_RECORD_TITLES,
    **_LINEAGE_TITLES,
    **_ALERT_TITLES,
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
