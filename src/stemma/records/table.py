"""The table of fields: the one source of the schema, the validation, the specification page, inheritance and bumps."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from stemma.records.shapes import (
    Anything,
    Bump,
    Choice,
    Either,
    Field,
    Flag,
    Form,
    ListOf,
    Merge,
    Named,
    Number,
    Shape,
    Text,
    Thing,
    Whole,
)
from stemma.vocabulary import Facet, Grounds, RecordType, RelationKind

LANGUAGE = 1
EXTENSION = "x-"
MODELLED = frozenset({RecordType.MODEL, RecordType.ADAPTER, RecordType.FAMILY})
DATA = frozenset({RecordType.DATASET, RecordType.BENCHMARK, RecordType.FAMILY})

RISKS = {
    "nsfw": "Sexual content.",
    "csam": "Sexual abuse of children.",
    "violence": "Depictions of or incitement to violence.",
    "hate": "Hate, harassment or slurs.",
    "self_harm": "Encouragement of self-harm.",
    "bias": "Unfair treatment of groups of people.",
    "personal_data": "Data about identifiable people.",
    "copyright": "Works used without a licence.",
    "misinformation": "Content known to be false.",
    "poisoning": "Data placed to change what a model learns.",
    "backdoor": "Behaviour that a hidden trigger sets off.",
    "malware": "Code that does harm when a file is loaded.",
    "contamination": "Benchmark data among the training data.",
    "dangerous_capability": "Help with weapons, attacks or other serious harm.",
}


def _text(
    key: str,
    about: str,
    facet: Facet,
    form: Form = "line",
    most: int = 500,
    types: frozenset[RecordType] | None = None,
) -> Field:
    return Field(key, Text(form, most), about, facet, types=types)


def _lines(key: str, about: str, facet: Facet, item: Shape | None = None, merge: Merge = "replace") -> Field:
    return Field(key, ListOf(item or Text("line", 200)), about, facet, merge=merge)


def _paragraphs(key: str, about: str, facet: Facet) -> Field:
    return Field(key, ListOf(Text("prose", 20_000)), about, facet)


_SOURCE = (
    Field("note", Text("prose", 20_000), "Why, in words."),
    Field("source", Text("line", 2_000), "Where that can be checked: an address or a citation."),
)

ABOUT = Thing(
    (
        _text("title", "The name people use.", Facet.OWN, most=200),
        _text("description", "What it is, in a few sentences.", Facet.WORK, "prose", 50_000),
        _text("publisher", "Who released it.", Facet.WORK, most=200),
        _lines("authors", "Who made it.", Facet.WORK),
        _text("release_date", "When: a year, a month or a day.", Facet.WORK, "date", 10),
        Field(
            "licenses",
            ListOf(Text("line", 200)),
            "SPDX identifiers or expressions, or the name of a licence SPDX does not list. All of them hold.",
            Facet.TERMS,
            merge="union",
            changed=Bump.MAJOR,
        ),
        Field("links", Named(Text("url", 2_000), "link"), "Addresses by what they lead to (paper, code, card).", None),
        _lines("tags", "Words to find it by.", Facet.WORK),
        _text("citation", "How to cite it: BibTeX or plain text.", Facet.WORK, "prose", 20_000),
        _lines("languages", "Natural languages, as BCP 47 tags.", Facet.BUILD, Text("language", 35), "union"),
        _lines("tasks", "What it does, such as text-generation.", Facet.WORK),
        _lines("input_modalities", "What it takes in: text, image, audio, video, ...", Facet.BUILD),
        _lines("output_modalities", "What it gives out.", Facet.BUILD),
        _text("library", "The library that loads it.", Facet.BUILD, most=100, types=MODELLED),
        _text("model_type", "Kind of model, such as large language model.", Facet.BUILD, most=200, types=MODELLED),
        _text("architecture", "Name or description of the architecture.", Facet.BUILD, "prose", 20_000, types=MODELLED),
        Field(
            "parameters", Whole(), "How many numbers the weights hold.", Facet.SIZE, changed=Bump.MINOR, types=MODELLED
        ),
        Field("context_length", Whole(), "Longest input in tokens.", Facet.BUILD, types=MODELLED),
        _text("precision", "Type the weights are stored in, such as bfloat16 or Q4_K_M.", Facet.OWN, types=MODELLED),
        _text("size", "How much data, in words (5.85 billion pairs).", Facet.OWN, most=200, types=DATA),
    )
)

EVIDENCE = Thing(
    (
        Field("grounds", Choice({g.value: g.meaning for g in Grounds}), "Kind of evidence.", required=True),
        Field(
            "source", Text("line", 2_000), "Where it can be checked: an address, a citation, a report.", required=True
        ),
        Field("date", Text("date", 10), "When it was given."),
        Field("by", Text("line", 200), "Who vouches for it."),
        Field("denies", Flag(), "true where the source denies the relation."),
        Field("signature", Text("line", 4_000), "A signature over it, or where one is."),
        Field("note", Text("prose", 20_000), "What it says."),
    )
)

RELATION = Thing(
    (
        Field(
            "kind", Choice({k.value: k.meaning for k in RelationKind}), "How it relates to the target.", required=True
        ),
        Field("target", Text("requirement", 700), "The other record: NAME or NAME@RANGE.", required=True),
        Field("coefficient", Number(), "Share of this parent in a merge, as the merge was told."),
        Field("method", Text("line", 200), "How: LoRA, DPO, GPTQ, SLERP, ..."),
        Field("component", Text("line", 200), "Which part, where only a part of either is meant."),
        Field("evidence", ListOf(EVIDENCE, 100), "Why it is believed."),
        Field("note", Text("prose", 20_000), "Anything else."),
    ),
    extensions=True,
)

_FILE = Thing(
    (
        Field("path", Text("line", 1_000), "Path within the model, with forward slashes.", required=True),
        Field("sha256", Text("sha256", 64), "SHA-256 in hexadecimal.", required=True),
        Field("size", Whole(), "Bytes."),
    )
)

_HUB = Thing(
    (
        Field("hub", Text("line", 50), "huggingface, kaggle, modelscope, ...", required=True),
        Field("id", Text("line", 300), "Name on that hub, such as org/name.", required=True),
        Field("revision", Text("line", 100), "Commit or version there."),
        Field("endpoint", Text("url", 500), "Address of the hub, where it is a mirror."),
    )
)

IDENTITY = Thing(
    (
        Field("purls", ListOf(Text("purl", 1_000), 100), "Package URLs.", Facet.OWN),
        Field("hubs", ListOf(_HUB, 100), "Where it is published.", Facet.OWN),
        Field(
            "files", ListOf(_FILE, 10_000), "The files of the weights, or of the data.", Facet.OWN, changed=Bump.MAJOR
        ),
        Field("root", Text("digest", 80), "Root digest over the files.", Facet.OWN, changed=Bump.MAJOR),
        Field(
            "tensors",
            Text("digest", 80),
            "Digest over the tensors, whatever the container.",
            Facet.OWN,
            changed=Bump.MAJOR,
        ),
        Field("fingerprint", Text("digest", 80), "Digest of the fingerprint.", Facet.OWN, changed=Bump.MAJOR),
        Field("fingerprint_schema", Text("line", 500), "Schema id of that fingerprint.", Facet.OWN),
    )
)

RISK = Either(
    "present", Flag(), Thing((Field("present", Flag(), "Whether the risk is there.", required=True), *_SOURCE))
)
ANSWER = Either("answer", Flag(), Thing((Field("answer", Flag(), "Yes or no.", required=True), *_SOURCE)))

RESULT = Thing(
    (
        Field("task", Text("line", 200), "What was asked of the model."),
        Field("dataset", Text("line", 300), "What it was measured on."),
        Field("split", Text("line", 200), "Which part of it."),
        Field("metric", Text("line", 200), "What was measured.", required=True),
        Field("value", Number(), "The number.", required=True),
        Field("unit", Text("line", 50), "Of what, where it is no plain number."),
        Field("date", Text("date", 10), "When."),
        Field("source", Text("line", 2_000), "Where that can be checked."),
        Field("note", Text("prose", 20_000), "Settings, and who measured."),
    )
)

CARD = Thing(
    (
        _paragraphs("intended_use", "What it is for.", Facet.CARD),
        _paragraphs("out_of_scope_use", "What it is not for.", Facet.CAUTION),
        _paragraphs("users", "Whom it is for.", Facet.CARD),
        _paragraphs("factors", "What its behaviour depends on: groups, instruments, surroundings.", Facet.CARD),
        _paragraphs("metrics", "How it is measured, and why so.", Facet.CARD),
        Field("results", ListOf(RESULT), "Measured numbers.", Facet.CARD),
        _paragraphs("evaluation_data", "What it was measured on, in words.", Facet.CARD),
        _paragraphs("training_data", "What it was trained on, in words.", Facet.CARD),
        _paragraphs("training_procedure", "How it was trained.", Facet.CARD),
        _paragraphs("limitations", "What it does badly.", Facet.CAUTION),
        _paragraphs("ethical_considerations", "Who could be harmed, and how.", Facet.CAUTION),
        _paragraphs("environment", "Energy, water and emissions.", Facet.CARD),
        _paragraphs("recommendations", "What users should do about it.", Facet.CAUTION),
        _paragraphs("usage", "How to run it.", Facet.CARD),
        _paragraphs("additional_information", "What fits nowhere else.", Facet.CARD),
    )
)

STATUS = Thing(
    (
        Field(
            "state",
            Choice(
                {
                    "active": "in use",
                    "deprecated": "works, but should not be chosen for anything new",
                    "yanked": "must not be chosen: skipped by every range that does not name this very version",
                }
            ),
            "Whether it should be used.",
            required=True,
        ),
        Field("reason", Text("prose", 5_000), "Why."),
        Field("date", Text("date", 10), "Since when."),
        Field("successor", Text("requirement", 700), "What to use instead."),
    )
)

_TYPES = Choice({t.value: t.meaning for t in RecordType})
_STATUS = "Whether to use it. No part of the content digest; may change in place."
_RISK = "A risk flag: true, false, or with note and source."
_ANSWER = "An answer: true, false, or with note and source."

FIELDS: tuple[Field, ...] = (
    Field("stemma", Whole(LANGUAGE, LANGUAGE), "Version of the record language.", Facet.OWN, True, changed=Bump.NONE),
    Field("name", Text("name", 128), "Name of the record.", Facet.OWN, True, changed=Bump.MAJOR),
    Field("version", Text("version", 128), "Semantic version of the record.", Facet.OWN, True, changed=Bump.NONE),
    Field("type", _TYPES, "What it describes.", Facet.OWN, True, changed=Bump.MAJOR),
    Field("status", STATUS, _STATUS, Facet.OWN, added=Bump.NONE, changed=Bump.NONE),
    Field("about", ABOUT, "What it is."),
    Field("relations", ListOf(RELATION), "What it was made from, trained on, measured on.", Facet.OWN),
    Field("identity", IDENTITY, "How to recognise it."),
    Field("risks", Named(RISK, "risk", RISKS), "Risk flags."),
    Field("card", CARD, "The sections of a model card."),
    Field("surveys", Named(Named(ANSWER, "indicator"), "question set"), "Answers to question sets."),
)

# The leaves inside sections that are open: what holds for every entry of them.
ENTRIES: dict[str, Field] = {
    "about.links": Field("*", Text("url", 2_000), "An address.", Facet.WORK),
    "risks": Field("*", RISK, _RISK, Facet.RISK, merge="worst", changed=Bump.MINOR),
    "surveys": Field("*.*", ANSWER, _ANSWER, Facet.SURVEY, changed=Bump.MINOR),
}

EXTENSION_FIELD = Field("x-*", Anything(), "Anything else, kept as it is.", Facet.OWN)


@cache
def top_fields() -> dict[str, Field]:
    """The fields of a document by key, in the order in which documents are written."""
    return {field.key: field for field in FIELDS}


@cache
def leaves() -> dict[str, Field]:
    """Every leaf by its dotted path; entries of open sections stand under ``section.*``."""
    return dict(_leaves("", FIELDS))


def _leaves(prefix: str, fields: tuple[Field, ...]) -> Iterator[tuple[str, Field]]:
    for field in fields:
        path = prefix + field.key
        if field.facet is not None:
            yield path, field
        elif isinstance(field.shape, Thing):
            yield from _leaves(path + ".", field.shape.fields)
        else:
            yield f"{path}.{ENTRIES[path].key}", ENTRIES[path]
    if not prefix:
        yield "x-*", EXTENSION_FIELD


def leaf(path: str) -> Field:
    """The leaf at a dotted path of a document; raises KeyError where the language has none."""
    return leaves()[_pattern(path)]


@lru_cache(maxsize=65_536)
def leaf_rank(path: str) -> tuple[int, str]:
    """Sorts paths into the order of the language, and entries of open sections by name."""
    return list(leaves()).index(_pattern(path)), path


@lru_cache(maxsize=65_536)
def _pattern(path: str) -> str:
    if path in leaves():
        return path
    if path.startswith(EXTENSION) and "." not in path:
        return "x-*"
    for section, entry in ENTRIES.items():
        if path.startswith(section + ".") and path.count(".") - section.count(".") == entry.key.count("*"):
            return f"{section}.{entry.key}"
    raise KeyError(path)
