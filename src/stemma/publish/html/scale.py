"""The heat scale: nine fills of even lightness steps, each with the ink that can be read on it."""

from __future__ import annotations

LIGHT_HEAT: tuple[tuple[str, str], ...] = (
    ("#f4f2ea", "#57606a"),
    ("#fff3c4", "#1b1f24"),
    ("#ffe28a", "#1b1f24"),
    ("#d5dd92", "#1b1f24"),
    ("#9ccb9d", "#1b1f24"),
    ("#5fb0a8", "#1b1f24"),
    ("#27769a", "#ffffff"),
    ("#1f5d93", "#ffffff"),
    ("#173a6d", "#ffffff"),
)
DARK_HEAT: tuple[tuple[str, str], ...] = (
    ("#232830", "#a3acb6"),
    ("#1d2f52", "#e7e9ec"),
    ("#1f4475", "#e7e9ec"),
    ("#215f8d", "#ffffff"),
    ("#2a7f97", "#ffffff"),
    ("#52a394", "#14171b"),
    ("#8fc38d", "#14171b"),
    ("#d3d987", "#14171b"),
    ("#ffec9e", "#14171b"),
)
