"""References: what people write becomes a value or one clear error; nothing is looked up."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.errors import BadReference
from stemma.identity import HubReference, PathReference, UrlReference, parse_reference

COMMIT = "9f1c0de"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hf:org/name", HubReference("org/name")),
        ("hf://org/name", HubReference("org/name")),
        ("hf:gpt2", HubReference("gpt2")),
        ("hf:org/name@refs/pr/1", HubReference("org/name", "refs/pr/1")),
        (f"pkg:huggingface/Org/Name@{COMMIT}", HubReference("Org/Name", COMMIT)),
        (
            f"pkg:huggingface/org/name@{COMMIT}?repository_url=https://mirror.example/x#weights",
            HubReference("org/name", COMMIT, "https://mirror.example/x"),
        ),
        ("https://host.example:8443/m.safetensors?x=1", UrlReference("https://host.example:8443/m.safetensors?x=1")),
        ("./models/m", PathReference(Path("models/m"))),
        ("C:\\models\\m", PathReference(Path("C:\\models\\m"))),
    ],
)
def test_what_is_understood(text: str, expected: object) -> None:
    assert parse_reference(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "a\0b", "hf:", "hf:../x", "hf:org/..", "hf:a/b/c", "hf:org/name@", "hf:org/name@../x",
        "hf:org/name@a b", "pkg:pypi/x", "pkg:huggingface/name", "pkg:huggingface/org/name@", "ftp://host/x",
        "s3://bucket/x", "https://", "https://[::1", "https://[::g]/y", "https://a b/x",
        "https://a\tb/x", "https://a..b/x", "https://xn--/x", f"https://{'a' * 64}.example/x", "https://-a.example/x",
        "https://host:port/x", "https://host:99999/x", "https://host:0/x",
    ],
)  # fmt: skip
def test_what_is_refused_with_advice(text: str) -> None:
    with pytest.raises(BadReference) as caught:
        parse_reference(text)
    assert "hf:org/name[@revision]" in caught.value.advice


@given(st.text() | st.text("hf:pkg/ugint@.[]%?#0\\-", max_size=30).map(lambda rest: f"https://{rest}"))
def test_any_text_is_a_reference_or_a_clear_error(text: str) -> None:
    try:
        found = parse_reference(text)
    except BadReference:
        return
    assert isinstance(found, PathReference | HubReference | UrlReference)


@given(st.from_regex(r"[A-Za-z0-9]{1,8}/[A-Za-z0-9]{1,8}", fullmatch=True), st.none() | st.just(COMMIT))
def test_a_hub_reference_reads_back(name: str, revision: str | None) -> None:
    assert parse_reference(str(HubReference(name, revision))) == HubReference(name, revision)
