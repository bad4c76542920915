"""UMR packages as drafts of records."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from stemma.identity import Requirement, Version
from stemma.interop.drafts import Draft, record_name
from stemma.interop.umr.kinds import kind_of, record_types
from stemma.interop.umr.read import METADATA, Package
from stemma.records import shipped_surveys
from stemma.records.table import RISKS
from stemma.vocabulary import RecordType

SURVEY = "fmti-2023"
_ABOUT = {
    "name": "about.title", "description": "about.description", "publisher": "about.publisher",
    "release_date": "about.release_date", "model_type": "about.model_type", "architecture": "about.architecture",
}  # fmt: skip
_HOSTS = {"arxiv.org": "paper", "aclanthology.org": "paper", "github.com": "code", "huggingface.co": "card"}


def convert(packages: Sequence[Package]) -> list[Draft]:
    """A draft for every package. Relations lead to records of the same collection; others are noted and kept apart."""
    newest: dict[str, list[Package]] = defaultdict(list)
    for package in packages:
        newest[package.name].append(package)
    types = record_types(packages)
    return [_draft(package, newest, types) for package in packages]


def _draft(package: Package, held: Mapping[str, list[Package]], types: dict[str, RecordType]) -> Draft:
    draft = Draft(package.name, str(package.version), types[package.name], notes=list(package.notes))
    _about(draft, package)
    _check_title(draft, package, held)
    _upstream(draft, package, held, types)
    for risk, present in package.risks.items():
        place = (package.file, package.lines.get(f"risk.{risk}", 0))
        if risk not in RISKS:
            draft.note(
                f"The risk {risk[:60]!r} is not known.", f"Kept as x-umr-{_key(risk)}.", place=place, rule="risk"
            )
        draft.put(f"risks.{risk if risk in RISKS else f'x-umr-{_key(risk)}'}", present, _at(place), place=place)
    for section, texts in package.lists.items():
        place = (package.file, package.lines.get(section, 0))
        draft.put(f"card.{section}", list(texts), _at(place), place=place)
    _answers(draft, package)
    if package.question_sets and not package.answers:
        place = (package.file, package.lines.get("question_sets", 0))
        draft.put("x-umr-question-sets", list(package.question_sets), _at(place), place=place)
    return draft


def _about(draft: Draft, package: Package) -> None:
    for key, text in package.metadata.items():
        place = (package.file, package.lines.get(f"metadata.{key}", 0))
        if key == "version":
            if text not in _spellings(package.version):
                done = f"The record is version {package.version}, as its file is called; kept as x-umr-version."
                draft.note(f"metadata.version is {text[:60]!r}.", done, place=place, rule="version")
                draft.put("x-umr-version", text, _at(place), place=place)
        elif key == "model_type" and draft.type is RecordType.DATASET:
            draft.put("x-umr-model-type", text, _at(place), place=place)
        elif key in _ABOUT:
            value = text if key in ("description", "architecture") else " ".join(text.split())
            draft.put(_ABOUT[key], value, _at(place), place=place)
        elif key not in METADATA:
            draft.put(f"x-umr-{_key(key)}", text, _at(place), place=place)
    if draft.type is not package.type:
        place = (package.file, package.lines.get("type", 1))
        done = "Taken for their family: no weights of it are in them. Kept as x-umr-type."
        draft.note("Several records are sizes of this model.", done, place=place, rule="type")
        draft.put("x-umr-type", package.type.value, _at(place), place=place)
    place = (package.file, package.lines.get("tags", 0))
    draft.put("about.tags", list(package.tags), _at(place), place=place)
    for what, path, urls in (
        ("", "metadata.refs", package.refs),
        ("environment", "environmental.refs", package.environment),
    ):
        for url in urls:
            place = (package.file, package.lines.get(path, 0))
            draft.put(f"about.links.{_link(draft, what or _what(url))}", url, _at(place), place=place)


def _check_title(draft: Draft, package: Package, held: Mapping[str, list[Package]]) -> None:
    """The name of another package as title is a slip of whoever copied the file."""
    title = package.metadata.get("name", "")
    if title.lower() != package.name and title.lower() in held:
        place = (package.file, package.lines.get("metadata.name", 0))
        message = f"metadata.name is {title[:60]!r}, the name of another package, in {package.name!r}."
        draft.note(message, "The record is named after its file; the title was kept.", place=place, rule="name")


def _upstream(draft: Draft, package: Package, held: Mapping[str, list[Package]], types: dict[str, RecordType]) -> None:
    kept: list[str] = []
    for upstream in package.upstream:
        place = (package.file, upstream.line)
        asked = upstream.asked
        target = _found(asked, held)
        if asked.name == package.name:
            draft.note("It names itself upstream.", "No relation was written.", place=place, rule="upstream")
            continue
        if target is None:
            message = f"There is no package that fits {upstream.text[:80]!r}."
            done = "No relation was written, since its kind is not known; kept in x-umr-upstream."
            draft.note(message, done, place=place, rule="upstream")
            kept.append(upstream.text)
            continue
        kind, why = kind_of(package, target, types)
        if kind is None:
            draft.note(
                f"No kind of relation fits {upstream.text[:80]!r}: {why}.",
                "Kept in x-umr-upstream.",
                place=place,
                rule="kind",
            )
            kept.append(upstream.text)
            continue
        note = f"UMR has one kind of relation. Chosen: {why}."
        if not draft.relate(kind, str(asked), _at(place), note=note, place=place):
            draft.note(f"{upstream.text[:80]!r} is named twice.", "It was written once.", place=place, rule="upstream")
    draft.put("x-umr-upstream", list(kept), _at((package.file, package.lines.get("relations.upstream", 0))))


def _found(asked: Requirement, held: Mapping[str, list[Package]]) -> Package | None:
    fitting = [package for package in held.get(asked.name, ()) if package.version in asked.range]
    return max(fitting, key=lambda package: package.version, default=None)


def _answers(draft: Draft, package: Package) -> None:
    known = shipped_surveys()[SURVEY].names
    for indicator, answer in package.answers.items():
        place = (package.file, package.lines.get(indicator, 0))
        if indicator in known:
            draft.put(f"surveys.{SURVEY}.{indicator}", answer, _at(place), place=place)
        else:
            draft.note(f"{SURVEY} has no indicator {indicator[:60]!r}.", "It was left out.", place=place, rule="key")


def _at(place: tuple[str, int]) -> str:
    return f"UMR {place[0]}:{place[1]}" if place[1] else f"UMR {place[0]}"


def _spellings(version: Version) -> set[str]:
    """The version, and shorter where only zeros are left out."""
    whole = str(version)
    return {whole, whole.removesuffix(".0"), whole.removesuffix(".0.0")}


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", record_name(text)) or "unknown"


def _what(url: str) -> str:
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:  # such as an IPv6 address that is cut short
        return "reference"
    return _HOSTS.get(host, "reference")


def _link(draft: Draft, what: str) -> str:
    number = 1
    while draft.has(f"about.links.{what}{'' if number == 1 else f'-{number}'}"):
        number += 1
    return what if number == 1 else f"{what}-{number}"
