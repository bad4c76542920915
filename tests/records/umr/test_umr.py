"""UMR files in: all 88 of the reference repository load, resolve and validate; what is wrong in them is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemma.errors import InvalidRecord
from stemma.interop.umr import convert, read_package, read_packages
from stemma.records import MemorySource, Record, Resolver, parse_record, shipped_surveys, write_record
from stemma.registry import check_directory
from stemma.usecases.records.importing import import_records
from stemma.vocabulary import RelationKind
from tests.records.umr import DATA


@pytest.fixture(scope="module")
def records() -> dict[str, Record]:
    packages, refused = read_packages(DATA)
    assert not refused
    parsed = [parse_record(write_record(draft.data)) for draft in convert(packages)]
    return {record.key: record for record in parsed}


@pytest.fixture(scope="module")
def notes() -> list[str]:
    packages, _ = read_packages(DATA)
    return [str(note) for draft in convert(packages) for note in draft.notes]


def kinds(record: Record) -> dict[str, RelationKind]:
    return {relation.target.name: relation.kind for relation in record.relations}


def test_every_file_becomes_a_record_that_resolves(records: dict[str, Record]) -> None:
    assert len(records) == len(list(DATA.glob("*/*.yaml"))) == 88
    resolver = Resolver(MemorySource(records.values()))
    assert all(not resolver.resolve(record).missing for record in records.values())


def test_the_imported_registry_is_valid(tmp_path: Path) -> None:
    report = import_records([f"umr:{DATA}"], registry=tmp_path / "records")
    assert report.written
    assert {each.problem for each in report.records} == {""}
    checked = check_directory(tmp_path / "records")
    assert (checked.files, len(checked.records), checked.problems) == (88, 88, ())


def test_importing_again_changes_nothing(tmp_path: Path) -> None:
    first = import_records([f"umr:{DATA}"], registry=tmp_path)
    second = import_records([f"umr:{DATA}"], registry=tmp_path)
    assert [each.text for each in first.records] == [each.text for each in second.records]


def test_nothing_that_umr_says_is_lost(records: dict[str, Record]) -> None:
    """Every answer, every entry of a list and every edge of every file is somewhere in the record."""
    packages, _ = read_packages(DATA)
    for package in packages:
        record = records[f"{package.name}@{package.version}"]
        assert {p.rsplit(".", 1)[1]: v for p, v in flat(record).items() if p.startswith("surveys.")} == package.answers
        assert {section: record.get(f"card.{section}") for section in package.lists} == package.lists
        assert {upstream.asked.name for upstream in package.upstream} == set(kinds(record))
        links = {value for path, value in flat(record).items() if path.startswith("about.links.")}
        assert links == {*package.refs, *package.environment}


def flat(record: Record) -> dict[str, object]:
    return {path: found.value for path, found in record.leaves.items()}


def test_answers_are_those_of_the_survey(records: dict[str, Record]) -> None:
    known = shipped_surveys()["fmti-2023"].names
    answered = [record for record in records.values() if any(p.startswith("surveys.fmti-2023.") for p in record.leaves)]
    assert len(answered) > 10
    full = [record for record in answered if sum(p.startswith("surveys.") for p in record.leaves) == len(known)]
    assert "llama2@1.0.0" in {record.key for record in full}


def test_the_case_studies_keep_their_edges(records: dict[str, Record]) -> None:
    assert kinds(records["plip@1.0.0"]) == {
        "clip": RelationKind.COMPOSED_FROM,
        "laion-5b": RelationKind.TRAINED_ON,
        "pathology-twitter": RelationKind.TRAINED_ON,
    }
    vid = kinds(records["llama-vid@1.0.0"])
    assert vid["gpt4"] is vid["claude2"] is RelationKind.DISTILLED_FROM
    assert vid["mmbench"] is vid["mme"] is vid["pope"] is RelationKind.EVALUATED_ON
    assert vid["movienet"] is vid["science-qa"] is RelationKind.TRAINED_ON
    vicuna = kinds(records["vicuna-13b@1.0.0"])
    assert vicuna["llama2-13b"] is RelationKind.FINETUNED_FROM
    assert vicuna["vicuna-70k-gpt4"] is RelationKind.TRAINED_ON
    assert kinds(records["vicuna-70k-gpt4@1.0.0"]) == {"gpt4": RelationKind.GENERATED_BY}
    assert kinds(records["laion-5b@1.0.0"]) == {"laion": RelationKind.VARIANT_OF}
    assert kinds(records["english-wikipedia@1.0.0"]) == {"wikipedia": RelationKind.DRAWN_FROM}


def test_every_relation_says_where_it_was_declared_and_why_this_kind(records: dict[str, Record]) -> None:
    for record in records.values():
        for relation in record.relations:
            (evidence,) = relation.evidence
            assert evidence.grounds == "E1"
            assert evidence.source.startswith("UMR ")
            assert evidence.note.startswith("UMR has one kind of relation. Chosen: ")


def test_risks_of_laion_reach_what_was_trained_on_it_and_not_what_was_measured_on_it(
    records: dict[str, Record],
) -> None:
    measured = parse_record(
        'stemma: 1\nname: measured\nversion: "1.0.0"\ntype: model\n'
        "relations:\n  - {kind: evaluated-on, target: laion-5b}\n"
    )
    resolver = Resolver(MemorySource([*records.values(), measured]))
    assert resolver.resolve(records["plip@1.0.0"]).get("risks.csam") is True
    assert resolver.resolve(records["rrt-mil@1.0.0"]).get("risks.csam") is True
    assert resolver.resolve(measured).get("risks.csam") is None


def test_sizes_of_one_model_are_no_kin(records: dict[str, Record]) -> None:
    for family in ("bloom", "mt5"):
        assert records[f"{family}@1.0.0"].type == "family"
        assert records[f"{family}@1.0.0"].get("x-umr-type") == "model"
    assert kinds(records["mt5-base@1.0.0"]) == {"mt5": RelationKind.VARIANT_OF}


@pytest.mark.parametrize(
    "expected",
    [
        "vizwiz/vizwiz-1.0.0.yaml:7:16: UMR has no metadata key 'published'.",
        "vizwiz/vizwiz-1.0.0.yaml:7:16: Got 2018 as metadata.published, which is no text in YAML.",
        "palm2/palm2-1.0.0.yaml:7:14: Got 2 as metadata.version, which is no text in YAML.",
        "claude2/claude2-1.0.0.yaml:14:3: 'ethical_considerations' stands at the top",
        "twitter/twitter-1.0.0.yaml:8:1: The risk 'legal' is not known. Kept as x-umr-legal.",
        "msr-vtt/msr-vtt-1.0.0.yaml:4:1: metadata.name is 'MSVD', the name of another package",
        "bloom-560m/bloom-560m-1.0.0.yaml:3:1: metadata.name is 'bloomz-560m', the name of another package",
        "LLaVA-1.6-Vicuna-13B-1.0.0.yaml:1:1: The name 'LLaVA-1.6-Vicuna-13B' is not in lower case.",
    ],
)
def test_what_is_wrong_is_told_with_its_place(notes: list[str], expected: str) -> None:
    assert any(expected in note for note in notes)


BROKEN = """\
mr:
  type: modell
  metadata:
    name: Broken
    nmae: Broken
    release_date: 2022-07-11
    version: 3
  relations:
    upstream: [nobody>=2.0.0, "../../etc", good, good, broken-one]
  risk: {nsfw: maybe}
  model: {wages: 2, made_up: 1}
extra: 1
"""


def test_every_mistake_of_a_file_is_told_and_the_rest_is_kept(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "good-1.0.0.yaml").write_text("mr:\n  type: dataset\n  metadata: {name: Good}\n")
    (tmp_path / "broken-one").mkdir()
    (tmp_path / "broken-one" / "broken-one-1.10.0.yaml").write_text(BROKEN)
    report = import_records([f"umr:{tmp_path}"], registry=tmp_path / "registry", dry_run=True)
    told = "\n".join(map(str, report.notes))
    for expected in (
        "broken-one-1.10.0.yaml:2:9: Got 'modell' as type",
        "broken-one-1.10.0.yaml:5:11: UMR has no metadata key 'nmae'. It was kept as an extension.",
        "broken-one-1.10.0.yaml:6:19: Got 2022-07-11 (a date to some readers) as metadata.release_date",
        "broken-one-1.10.0.yaml:7:14: Got 3 as metadata.version",
        "broken-one-1.10.0.yaml:9:1: There is no package that fits 'nobody>=2.0.0'",
        "broken-one-1.10.0.yaml:9:1: There is no package that fits '../../etc'",
        "broken-one-1.10.0.yaml:9:1: 'good' is named twice.",
        "broken-one-1.10.0.yaml:9:1: It names itself upstream.",
        "broken-one-1.10.0.yaml:10:16: Got 'maybe' as risk 'nsfw'.",
        "broken-one-1.10.0.yaml:11:18: Got 2 for 'wages', expected 0 or 1.",
        "fmti-2023 has no indicator 'made_up'.",
        "broken-one-1.10.0.yaml:12:1: UMR has no key 'extra' beside 'mr'.",
    ):
        assert expected in told
    broken = next(each.record for each in report.records if each.record.name == "broken-one")
    assert str(broken.version) == "1.10.0"
    assert broken.get("about.release_date") == "2022-07-11"
    assert broken.get("x-umr-upstream") == ["nobody>=2.0.0", "../../etc"]
    assert kinds(broken) == {"good": RelationKind.TRAINED_ON}
    assert not (tmp_path / "registry").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mr: &a\n  type: model\n", "Anchors and aliases"),
        ("- a\n", "Expected a UMR record"),
        ("mr:\n  type: !!python/object:os.system x\n", "The tag"),
        ("mr: {" * 40, "nested deeper"),
        ("mr: [", "This is no YAML"),
    ],
)
def test_hostile_files_are_refused_with_their_place(text: str, expected: str) -> None:
    with pytest.raises(InvalidRecord, match=expected):
        read_package(text, "x/x-1.0.0.yaml")


def test_a_file_that_cannot_be_read_stops_no_other(tmp_path: Path) -> None:
    for name, text in (("a", "mr: {type: dataset}"), ("b", "mr: ["), ("c", "mr: {type: family}")):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}-1.0.0.yaml").write_text(text)
    (tmp_path / "c" / "README.yaml").write_text("mr: {}")
    packages, refused = read_packages(tmp_path)
    assert [package.name for package in packages] == ["a", "c"]
    assert {problem.file for problem in refused} == {"b/b-1.0.0.yaml", "c/README.yaml"}
