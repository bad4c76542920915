"""The pieces that the published schemas are put together from (JSON Schema, draft 2020-12)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stemma.constitution.interface import Confidence, Direction, Established, Label
from stemma.vocabulary import Exclusion, Kinship, Mechanism

Shape = dict[str, Any]


def text(says: str) -> Shape:
    return {"type": "string", "description": says}


def count(says: str) -> Shape:
    return {"type": "integer", "minimum": 0, "description": says}


def number(says: str) -> Shape:
    """Any finite number, or null: then ``undefined`` says what stood there."""
    return {"type": ["number", "null"], "description": says}


def choice(values: Iterable[str], says: str, *, or_null: bool = False) -> Shape:
    wanted: list[str | None] = [str(v) for v in values]
    return {"enum": [*wanted, None] if or_null else wanted, "description": says}


def many(items: Shape, says: str) -> Shape:
    return {"type": "array", "items": items, "description": says}


def thing(fields: dict[str, Shape], says: str) -> Shape:
    """An object with all of these fields."""
    return {
        "type": "object",
        "description": says,
        "properties": fields,
        "required": list(fields),
    }


def named(values: Shape, says: str) -> Shape:
    """An object with any keys."""
    return {"type": "object", "additionalProperties": values, "description": says}


def nullable(shape: Shape) -> Shape:
    said = shape.get("description", "")
    bare = {k: v for k, v in shape.items() if k != "description"}
    return {"anyOf": [bare, {"type": "null"}], "description": said}


def maybe(shape: Shape) -> Shape:
    """The value, or an object that says why it is missing."""
    said = shape.get("description", "")
    bare = {k: v for k, v in shape.items() if k != "description"}
    return {"anyOf": [bare, {"$ref": "#/$defs/missing"}], "description": said}


ANYTHING: Shape = {}

MISSING = thing({"missing": text("Why the value is not there.")}, "A value that could not be had.")

UNDEFINED = many(
    thing(
        {
            "at": text("JSON Pointer to the null that stands for the number."),
            "value": choice(("nan", "inf", "-inf"), "What the number was."),
        },
        "One number.",
    ),
    "Numbers that were not finite; each is null where it belongs.",
)

MODEL = thing(
    {
        "name": text("The reference, as resolved."),
        "container": text("The format that the weights were read from."),
        "parameters": count("How many numbers the weights hold."),
        "layers": maybe(count("How many layers.")),
        "hidden": maybe(count("Width of the residual stream.")),
        "architecture": maybe(text("How its tensors were read; never evidence.")),
        "roles": named(count("Tensors."), "Tensors found in each role."),
        "missing": named(text("Why."), "What is not there, with reasons."),
        "warnings": many(text("A sentence."), "What a reader should know of the files."),
    },
    "A model in a few lines; null where it could not be read.",
)

RULING_IN_SHORT: dict[str, Shape] = {
    "label": choice(Label, "Whether the two share provenance; null where nothing could be ruled.", or_null=True),
    "established": choice(Established, "Shown, or what holds by default.", or_null=True),
    "status": nullable(text("A named outcome or open frontier, or empty.")),
    "kinship": choice(Kinship, "What the ruling says of the pair.", or_null=True),
    "direction": choice(Direction, "Which way the weights went; a->b: A is the ancestor.", or_null=True),
    "mechanism": choice(Mechanism, "How, where evidence names it.", or_null=True),
    "confidence": choice(Confidence, "How firmly the mechanism is named.", or_null=True),
    "exclusion": choice(Exclusion, "Which likeness was shown to be no link.", or_null=True),
}

EVIDENCE_IN_SHORT: dict[str, Shape] = {
    "test": text("Name of the test."),
    "site": text("Where in the model it looked."),
    "statistic": number("What was computed."),
    "log10_p": number("Base-10 logarithm of the p-value; null where the test makes none."),
    "effect": number("Size on a scale people know: a correlation, a share, a ratio."),
}

SITE_VALUE = thing(
    {
        "a": text("Site in A."),
        "b": text("Site in B."),
        "statistic": EVIDENCE_IN_SHORT["statistic"],
        "log10_p": EVIDENCE_IN_SHORT["log10_p"],
        "effect": EVIDENCE_IN_SHORT["effect"],
    },
    "One cell of the per-layer picture.",
)

BACKGROUND = thing(
    {
        "mean": number("Mean of the statistic where there is no link."),
        "sd": number("Its standard deviation there."),
        "source": text("Exact by theory, or measured on which data."),
    },
    "What the statistic looks like where there is no link.",
)

EVIDENCE = thing(
    {
        **EVIDENCE_IN_SHORT,
        "null": text("The hypothesis that the p-value speaks of."),
        "method": text("How the p-value was got."),
        "sample": count("Exchangeable units."),
        "background": nullable(BACKGROUND),
        "per_site": many(SITE_VALUE, "The same, site by site."),
        "facts": named(ANYTHING, "Named numbers that reasons may cite."),
    },
    "The result of one test.",
)

LOOKED_EVERYWHERE: Shape = {
    "type": ["boolean", "null"],
    "description": "Neurons in place and in disguise were looked for with power, and nothing hinted at a link; "
    "null where a ruling does not say.",
}

RULING: dict[str, Shape] = {
    **RULING_IN_SHORT,
    "reasons": many(text("A sentence."), "Why, citing numbers."),
    "not_examined": many(text("A sentence."), "What could not be looked at, and why."),
    "evidence": many(EVIDENCE, "Every test that ran."),
    "layer_map": many(
        thing({"a": text("Layer of A."), "b": text("Layer of B.")}, "One pair."),
        "Which layer goes with which, where layers were aligned.",
    ),
    "alpha": number("Chance of calling an independent pair linked, over all planned tests."),
    "tests_planned": {
        "type": ["integer", "null"],
        "minimum": 0,
        "description": "Tests alpha was spread over.",
    },
    "constitution": nullable(text("Version of the constitution.")),
    "looked_everywhere": LOOKED_EVERYWHERE,
}

FILE = thing(
    {
        "name": text("Path within the model."),
        "format": text("Container format."),
        "size": count("Bytes."),
        "tensors": maybe(count("Tensors stored in it.")),
        "digest": maybe(text("algorithm:hex")),
    },
    "One file.",
)

COST = named(ANYTHING, "What it took, such as bytes_read and seconds.")
ERROR = nullable(text("Why nothing could be found, and what to do; null where all went well."))
STEMMA = text("Version of Stemma.")
