"""Addresses of repositories as advisories write them: any text gives an answer."""

from __future__ import annotations

import pytest

from stemma.advisories.identifiers import repository_of


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://huggingface.co/org/name", "huggingface:org/name"),
        ("https://elsewhere.example/org/name", "https://elsewhere.example/org/name"),
        ("https://[::1/org/name", "https://[::1/org/name"),
        ("", ""),
    ],
)
def test_a_repository_by_its_address(address: str, found: str) -> None:
    assert repository_of(address) == found
