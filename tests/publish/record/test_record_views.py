"""What is decided about a record before anything is laid out: origins, scores, risks, neighbours, words."""

from __future__ import annotations

from record_examples import FULL, PLIP, SOURCE, made, picture_of, relation, view_of

from stemma.publish.graph import Kind, State, Style, dot_document, svg_document
from stemma.publish.graph.layout import lay_out
from stemma.publish.record import RecordView, lineage_graph, record_view
from stemma.publish.record.pictures import MOST_DOWNSTREAM
from stemma.publish.record.values import web_address
from stemma.records import MemorySource, Resolver

VIEW = view_of(FULL)


def _origin(view: RecordView, label: str) -> str | None:
    entry = next(entry for entry in view.about.entries if entry.label == label)
    return entry.items[0].origin.key if entry.items[0].origin else None


def test_inherited_values_name_the_record_they_come_from() -> None:
    assert _origin(VIEW, "Architecture") == "clip@1.0.0"
    assert _origin(VIEW, "Publisher") is None
    assert [each.key for each in VIEW.inheritance][:1] == ["plip@1.0.0"]


def test_risks_say_whose_they_are() -> None:
    assert VIEW.risks
    rows = {row[0][0].text: [cell[0].text for cell in row[1:3]] for row in VIEW.risks.rows}
    assert rows["CSAM"] == ["present", "laion-5b@1.0.0"]
    assert rows["Violence"] == ["not present", "this record"]


def test_scores_keep_what_is_unanswered_apart() -> None:
    fmti = next(survey for survey in VIEW.surveys if survey.id == "fmti-2023")
    assert (fmti.overall.yes, fmti.overall.no, fmti.overall.unanswered) == (1, 1, 98)
    assert [name for name, _ in fmti.domains] == ["Upstream", "Model", "Downstream"]
    answered = {each.question: each for each in fmti.answers if each.answer is not None}
    assert len(fmti.answers) == 100 and len(answered) == 2
    unknown = next(survey for survey in VIEW.surveys if survey.id == "acme-2026")
    assert not unknown.known and (unknown.overall.yes, unknown.overall.no) == (1, 1)


def test_relations_carry_mechanism_target_and_evidence() -> None:
    view = view_of(PLIP[-1])
    assert view.relations
    tuned, trained, _, evaluated = view.relations.rows
    assert [item.text for item in tuned[0]] == ["fine-tuned from", "M2 fine-tuning"]
    assert tuned[1][0].text == "clip@1.0.0" and tuned[2][0].text == "contrastive"
    assert tuned[3][1].link == "https://example.org/card?a=1&b=2"
    assert trained[3][0].text.startswith("Denied: E3")
    assert "no record of that name" in evaluated[1][1].text


def test_the_notice_says_what_to_use_instead() -> None:
    assert VIEW.notice == "Deprecated since 2026-04. Superseded. Use acme-chat-7b@^2.0.0 instead."
    assert view_of(PLIP[-1]).notice == ""


def test_a_citation_is_made_where_none_is_stated() -> None:
    assert VIEW.citation.startswith("@misc{acme")
    record = PLIP[-1]
    assert view_of(record).citation == f"Stanford University. PLIP. Model record plip@1.0.0, {record.digest}."


def test_only_web_addresses_become_links() -> None:
    for text in ("javascript:alert(1)", "https://a b", "ftp://x", "//x", 'https://x/"y', "", "see https://x.org"):
        assert web_address(text) is None
    assert web_address("https://example.org/a?b=1&c=2#d") == "https://example.org/a?b=1&c=2#d"


def test_the_picture_of_plip_has_its_upstream_and_nothing_of_what_it_was_measured_on() -> None:
    graph = picture_of(PLIP[-1])
    kinds = {node.id: node.kind for node in graph.nodes}
    assert kinds["laion@1.0.0"] is Kind.FAMILY and kinds["laion-5b@1.0.0"] is Kind.DATASET
    styles = {(edge.source, edge.target): edge.style for edge in graph.edges}
    assert styles["clip@1.0.0", "plip@1.0.0"] is Style.CONFIRMED
    assert styles["laion-5b@1.0.0", "plip@1.0.0"] is Style.CONFLICTING
    assert styles["missing kather-colon", "plip@1.0.0"] is Style.UNRESOLVED
    assert styles["laion@1.0.0", "laion-5b@1.0.0"] is Style.DECLARED
    states = {node.id: node.state for node in graph.nodes}
    assert states["plip@1.0.0"] is State.FOCUS and states["missing kather-colon"] is State.MISSING


def test_a_record_that_an_advisory_reaches_is_flagged() -> None:
    graph = lineage_graph(PLIP[-1], Resolver(SOURCE).edges, alerts={"plip@1.0.0", "laion-5b@1.0.0"})
    flagged = {node.id for node in graph.nodes if node.state is State.ALERT}
    assert flagged == {"plip@1.0.0", "laion-5b@1.0.0"}
    assert svg_document(graph).count('class="flag"') == 2


def test_the_picture_of_a_model_with_many_parents_holds_them_all() -> None:
    """LLaMA-VID as its survey record has it: three models that it is made with, twelve data sets."""
    models = ("claude2", "gpt4", "bert")
    names = "movienet msvd msr-vtt activitynet gqa mmbench mme pope science-qa text-vqa vizwiz vqa-v2"
    data = names.split()
    records = [made(name, "model") for name in models] + [made(name, "dataset") for name in data]
    vid = made(
        "llama-vid",
        "model",
        about={"title": "LLaMA-VID"},
        relations=[relation("composed-from", name) for name in models]
        + [relation("trained-on" if name == "movienet" else "evaluated-on", name) for name in data],
    )
    graph = lineage_graph(vid, Resolver(MemorySource([*records, vid])).edges)
    assert [sum(node.kind is kind for node in graph.nodes) for kind in (Kind.MODEL, Kind.DATASET)] == [4, 12]
    assert {edge.target for edge in graph.edges} == {"llama-vid@1.0.0"} and len(graph.edges) == 15
    assert dot_document(graph).count('shape="cylinder"') == 12
    layout = lay_out(graph)
    assert layout.width < 700 and layout.height > layout.width


def test_a_picture_of_one_step_has_no_grandparents() -> None:
    graph = lineage_graph(PLIP[-1], Resolver(SOURCE).edges, up=1)
    assert {node.id for node in graph.nodes} == {
        "plip@1.0.0", "clip@1.0.0", "laion-5b@1.0.0", "pathology-twitter@1.0.0", "missing kather-colon",
    }  # fmt: skip


def test_many_records_downstream_are_drawn_as_a_few_and_one_for_the_rest() -> None:
    many = [(FULL, FULL.relations[0])] + [(record, FULL.relations[2]) for record in PLIP[:-1]] * 10
    graph = lineage_graph(PLIP[-1], Resolver(SOURCE).edges, up=0, downstream=many[:1] + many[1:4], more="#downstream")
    assert len(graph.nodes) == 5
    assert len(many) > MOST_DOWNSTREAM


def test_other_versions_and_downstream_are_listed() -> None:
    resolved = Resolver(SOURCE, dangling="report").resolve(PLIP[0])
    view = record_view(
        resolved,
        links=lambda key: f"../{key}.html",
        versions=["laion@1.0.0"],
        downstream=[(PLIP[1], PLIP[1].relations[0])],
    )
    assert view.versions[0].link == "../laion@1.0.0.html"
    assert view.downstream and view.downstream.rows[0][0][0].text == "laion-5b@1.0.0"


def test_columns_in_which_nothing_stands_are_left_out_and_widths_follow_the_text() -> None:
    view = view_of(PLIP[1])
    assert view.relations and view.relations.columns == ("Relation", "To", "Evidence")
    assert view.risks and len(view.risks.shares) == 4
    assert abs(sum(view.risks.shares) - 1) < 1e-9 and max(view.risks.shares) == view.risks.shares[3]


def test_a_target_on_the_hub_is_named_and_led_to() -> None:
    names = {"finetuned-from": "acme/base", "trained-on": "squad", "evaluated-on": "../x y"}
    record = made("m", "model", relations=[relation(k, "t", **{"x-huggingface": name}) for k, name in names.items()])
    view = record_view(Resolver(MemorySource([record]), dangling="report").resolve(record))
    assert view.relations
    assert [(row[1][-1].text, row[1][-1].link) for row in view.relations.rows] == [
        ("hf:acme/base", "https://huggingface.co/acme/base"),
        ("hf:squad", "https://huggingface.co/datasets/squad"),
        ("hf:../x y", None),
    ]
