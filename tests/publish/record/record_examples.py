"""Records to publish: PLIP with its upstream, one with something in every section, and one full of nasty strings."""

from __future__ import annotations

from typing import Any

from stemma.publish.graph import Graph
from stemma.publish.record import RecordView, lineage_graph, record_view
from stemma.records import LANGUAGE, Json, MemorySource, Record, Resolver, record_from_data
from tests.publish.graph.graph_examples import NASTY

EVIDENCE: list[Json] = [
    {"grounds": "E1", "source": "https://example.org/card?a=1&b=2", "date": "2026-03-02", "by": "Acme"},
    {"grounds": "E2", "source": "stemma compare base child", "note": "Layer by layer."},
]


def made(name: str, kind: str, version: str = "1.0.0", **more: Any) -> Record:
    """A record out of plain data, under the rules of the language."""
    return record_from_data({"stemma": LANGUAGE, "name": name, "version": version, "type": kind, **more})


def relation(kind: str, target: str, **more: Any) -> dict[str, Any]:
    """A relation as plain data."""
    return {"kind": kind, "target": target, **more}


PLIP = (
    made("laion", "family", about={"title": "LAION", "publisher": "LAION e.V."}),
    made(
        "laion-5b",
        "dataset",
        about={"title": "LAION-5B", "licenses": ["CC-BY-4.0"], "size": "5.85 billion pairs"},
        risks={
            "csam": {"present": True, "note": "Found in 2023.", "source": "https://example.org/report"},
            "nsfw": True,
        },
        relations=[relation("variant-of", "laion")],
    ),
    made("twitter", "dataset", about={"title": "Twitter"}),
    made(
        "pathology-twitter",
        "dataset",
        about={"title": "Pathology twitter"},
        relations=[relation("drawn-from", "twitter")],
    ),
    made("webimagetext", "dataset", about={"title": "Web Image Text"}),
    made(
        "clip",
        "model",
        about={
            "title": "CLIP",
            "architecture": "ViT-B/32 and a text transformer",
            "licenses": ["MIT"],
            "languages": ["en"],
        },
        card={"limitations": ["Struggles with counting.\n\nAnd with fine-grained classes."]},
        relations=[relation("trained-on", "webimagetext")],
        surveys={"fmti-2023": {"model_objectives": True}},
    ),
    made(
        "plip",
        "model",
        about={"title": "PLIP", "model_type": "Contrastive Model", "publisher": "Stanford University"},
        relations=[
            relation("finetuned-from", "clip@^1.0.0", method="contrastive", evidence=EVIDENCE),
            relation("trained-on", "laion-5b", evidence=[{"grounds": "E3", "source": "a survey", "denies": True}]),
            relation("trained-on", "pathology-twitter"),
            relation("evaluated-on", "kather-colon"),
        ],
    ),
)

FULL = made(
    "acme-chat-7b",
    "model",
    "1.2.0-rc.1",
    status={"state": "deprecated", "reason": "Superseded.", "date": "2026-04", "successor": "acme-chat-7b@^2.0.0"},
    about={
        "title": "Acme Chat 7B",
        "description": "A chat model for the help desk of Acme.\n\nIt answers in German: Grüße, naïve façade – “so”.",
        "publisher": "Acme & Söhne",
        "authors": ["Ada", "Blaise"],
        "release_date": "2026-03",
        "licenses": ["Apache-2.0", "LicenseRef-Acme"],
        "links": {"card": "https://example.org/acme-chat-7b", "paper": "https://example.org/paper_(1).pdf"},
        "tags": ["chat", "help desk"],
        "languages": ["en", "de"],
        "tasks": ["text-generation"],
        "library": "transformers",
        "parameters": 6738415616,
        "context_length": 4096,
        "precision": "bfloat16",
        "citation": "@misc{acme,\n  title={Acme Chat},\n  year={2026}\n}",
    },
    relations=[
        relation("merged-from", "plip", coefficient=0.4, method="SLERP", component="vision tower"),
        relation("merged-from", "clip", coefficient=0.6, note="As told."),
        relation("trained-on", "laion-5b@1.0.0", evidence=EVIDENCE),
        relation("evaluated-on", "mt-bench"),
    ],
    identity={
        "hubs": [{"hub": "huggingface", "id": "acme/chat-7b", "revision": "9f1c0de"}],
        "files": [{"path": "model.safetensors", "sha256": "ab" * 32, "size": 13476839424}],
        "purls": ["pkg:huggingface/acme/chat-7b@9f1c0de"],
    },
    risks={"violence": False, "personal_data": {"present": True, "note": "Tickets name customers."}},
    card={
        "intended_use": ["Answering questions of customers.", "Summaries."],
        "results": [
            {
                "task": "chat",
                "dataset": "mt-bench",
                "metric": "score",
                "value": 6.71,
                "source": "https://example.org/r",
            },
            {"task": "qa", "dataset": "mmlu", "split": "test", "metric": "accuracy", "value": 0.453},
        ],
        "ethical_considerations": ["Customers are named."],
    },
    surveys={
        "fmti-2023": {"data_size": {"answer": True, "source": "https://example.org/paper"}, "data_sources": False},
        "acme-2026": {"asked": True, "answered": False},
    },
    **{"x-acme": {"ticket": 42, "list": [1, "two"]}},
)


def nasty(attack: str) -> Record:
    """A record with ``attack`` in every field that takes free text."""
    line = " ".join("".join(c for c in attack if c.isprintable()).split()) or "empty"
    ground = {"grounds": "E1", "source": line, "by": line, "note": line, "signature": line}
    return made(
        "nasty",
        "model",
        status={"state": "yanked", "reason": line},
        about={
            "title": line,
            "description": line + "\n\n" + line,
            "publisher": line,
            "authors": [line, line],
            "licenses": [line],
            "tags": [line],
            "tasks": [line],
            "library": line[:100],
            "architecture": line,
            "citation": line + "\n" + line,
        },
        relations=[
            relation("finetuned-from", "base", method=line, component=line, note=line, evidence=[ground]),
            relation("trained-on", "nowhere", note=line, **{"x-huggingface": line}),
        ],
        risks={"csam": {"present": True, "note": line, "source": line}},
        identity={
            "hubs": [{"hub": "huggingface", "id": line}],
            "files": [{"path": "weights/model.bin", "sha256": "0" * 64}],
        },
        card={
            "intended_use": [line, line],
            "results": [{"task": line, "dataset": line, "metric": line, "value": 1.0, "note": line}],
        },
        surveys={"fmti-2023": {"data_size": {"answer": False, "note": line, "source": line}}},
        **{"x-any": {line: [line]}},
    )


BASE = made(
    "base", "model", about={"title": "<i>Base</i> \\base %", "architecture": "x"}, card={"limitations": ["a | b"]}
)
ATTACKS = (
    *NASTY,
    "\\input{/etc/passwd}\\write18{id}",
    "}\\end{document}\\evil",
    "%comment ^^41 ~ $x$ #1 & _a_",
    '#eval("1") #include "/etc/passwd" $ x $ *b* _i_ <label> @ref',
    "```\n# heading\n- list\n1. one\n> quote | cell\n---",
    "![x](http://evil.example/a.png) [y](javascript:alert(1)) <http://evil.example>",
    "--- !!python/object:os.system",
    "javascript:alert(1)",
    'https://example.org/"><script>alert(1)</script>',
    "https://example.org/a_b%5e~#frag(ment)&x=1",
    "数据 Ελλάδα Привет 🦙 é ñ ğ",
    "a" * 199,
)
SOURCE = MemorySource([*PLIP, FULL, BASE, made("mt-bench", "benchmark", about={"title": "MT-Bench"})])
RESOLVER = Resolver(SOURCE, dangling="report")


def view_of(record: Record) -> RecordView:
    """The view of a record among the others."""
    resolver = Resolver(MemorySource([*PLIP, FULL, BASE, record]), dangling="report")
    return record_view(resolver.resolve(record))


def picture_of(record: Record) -> Graph:
    """The lineage of a record among the others."""
    return lineage_graph(record, RESOLVER.edges)
