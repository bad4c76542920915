"""The record language: what a model, data set, family, adapter or benchmark is, and what it was made from.

A record is a YAML file, one for each version::

    stemma: 1                       # version of the language
    name: acme-chat-7b              # [a-z0-9] with . _ - between
    version: "1.2.0"                # semantic; quoted, as all that a YAML reader could take for a number or a date
    type: model                     # model | dataset | family | adapter | benchmark
    status: {state: deprecated, reason: Superseded., successor: acme-chat-7b@^2.0.0}    # active where left out
    about:
      title: Acme Chat 7B
      description: A chat model for the help desk of Acme.
      release_date: "2026-03"
      licenses: null                # takes away what would be inherited
      +tags: [chat]                 # appends to what is inherited
      links: {card: "https://example.org/acme-chat-7b"}
    relations:
      - kind: finetuned-from        # stemma.vocabulary.RelationKind; what each passes on: load_relations()
        target: llama2-7b@^1.0.0    # NAME or NAME@RANGE
        method: DPO
        evidence:
          - {grounds: E1, source: "https://example.org/acme-chat-7b", date: "2026-03-02", by: Acme}
      - {kind: trained-on, target: acme-tickets@1.0.0}
      - {kind: evaluated-on, target: mt-bench}
    identity:
      hubs: [{hub: huggingface, id: acme/chat-7b, revision: 9f1c0de}]
      files: [{path: model.safetensors, sha256: 64 hexadecimal digits, size: 13476839424}]
    risks:
      violence: false
      personal_data: {present: true, note: Tickets name customers.}
    card:
      intended_use: [Answering questions of customers.]
    surveys:
      fmti-2023: {wages: false, data_size: {answer: true, source: "https://example.org/paper"}}
    x-acme: {ticket: 42}            # x-... is kept as it is

Reading gives a :class:`Record` (as written, nothing inherited) or every problem at once with line and column::

    record = parse_record(text, "acme-chat-7b-1.2.0.yaml")      # raises stemma.errors.InvalidRecord (.problems)
    record, problems = check_record(text, file)                 # the same without raising
    record = record_from_data({"stemma": 1, "name": ...})       # importers: plain data under the same rules
    record.relations, record.status, record.get("about.title"), record.leaves, record.digest

Fields are named by dotted paths everywhere (``about.title``, ``risks.csam``, ``surveys.fmti-2023.wages``); the table of
fields, ``stemma.records.table``, is the one source for validation, schema, specification, inheritance and bumps.

A :class:`RecordSource` (``versions(name)``, ``get(name, version)``) is what a registry implements;
:class:`MemorySource` is the one in memory. ``choose`` picks the newest version that a requirement allows. A
:class:`Resolver` adds what is inherited::

    resolved = Resolver(source).resolve(record)                 # raises stemma.errors.UnresolvedRecord (.path)
    resolved.get("about.architecture"), resolved.origin("about.architecture").record    # "llama2-7b@1.0.0"
    resolved.fields, resolved.order, resolved.edges, resolved.document()

Writing keeps comments and the order of keys, and never copies what is inherited::

    format_record(text)                                         # the one layout
    write_record(data)                                          # a new record as text
    edit_record(text, {"version": "1.3.0", "about.title": None})  # set, take out

Versions of one record: ``diff_records(old, new)`` lists changes with the bump that each needs, ``check_bump`` refuses a
version that rises too little, ``needed_version`` says which would do. ``lock_record(source, record)`` pins all that is
reached; ``drift(lock, source, record)`` says what is no longer so; ``Resolver(source, pins=lock.versions)`` reads as
when locked. ``migrate_record(text)`` brings a text to the present language.

Surveys: ``shipped_surveys()["fmti-2023"]``, ``answers_of({path: resolved.get(path) for path in resolved.fields}, id)``,
``score(survey, answers).domains["Upstream"].yes``.

Values are frozen; the data inside (``data``, ``value``) are plain JSON values that nobody may change.
"""

from __future__ import annotations

from stemma.records.differ import Change, Difference, check_bump, diff_records, needed_version
from stemma.records.layout import edit_record, format_record, write_record
from stemma.records.lock import SCHEMA as LOCK_SCHEMA
from stemma.records.lock import Drift, Lock, Pin, drift, lock_record, lock_text, read_lock
from stemma.records.migrate import language_of, migrate_record
from stemma.records.nodes import MAX_BYTES
from stemma.records.read import check_record, parse_record, record_from_data
from stemma.records.record import Evidence, Leaf, Record, Relation, Status, content_digest
from stemma.records.resolve import Resolver
from stemma.records.resolved import Edge, Origin, ResolvedField, ResolvedRecord
from stemma.records.shapes import Bump, Json
from stemma.records.source import MemorySource, RecordSource, choose, require
from stemma.records.surveys import (
    Indicator,
    Score,
    Survey,
    Tally,
    answer_of,
    answers_of,
    read_survey,
    score,
    shipped_surveys,
)
from stemma.records.table import LANGUAGE, leaf, leaves

__all__ = [
    "LANGUAGE",
    "LOCK_SCHEMA",
    "MAX_BYTES",
    "Bump",
    "Change",
    "Difference",
    "Drift",
    "Edge",
    "Evidence",
    "Indicator",
    "Json",
    "Leaf",
    "Lock",
    "MemorySource",
    "Origin",
    "Pin",
    "Record",
    "RecordSource",
    "Relation",
    "ResolvedField",
    "ResolvedRecord",
    "Resolver",
    "Score",
    "Status",
    "Survey",
    "Tally",
    "answer_of",
    "answers_of",
    "check_bump",
    "check_record",
    "choose",
    "content_digest",
    "diff_records",
    "drift",
    "edit_record",
    "format_record",
    "language_of",
    "leaf",
    "leaves",
    "lock_record",
    "lock_text",
    "migrate_record",
    "needed_version",
    "parse_record",
    "read_lock",
    "read_survey",
    "record_from_data",
    "require",
    "score",
    "shipped_surveys",
    "write_record",
]
