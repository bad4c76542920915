"""The style sheet of pictures: light, dark and print; no distinction rests on colour alone."""

from __future__ import annotations

import re

_LIGHT = (
    "--g-card:#ffffff;--g-ink:#1b1f24;--g-soft:#57606a;--g-line:#6b7480;--g-focus:#e8eff8;--g-accent:#0b5394;"
    "--g-bad:#9b1c1c;--g-badbg:#fbe9e9;--g-bg:#fbfaf7;"
)
_DARK = (
    "--g-card:#1c2026;--g-ink:#e7e9ec;--g-soft:#a3acb6;--g-line:#97a1ad;--g-focus:#1a2a3f;--g-accent:#7db4ee;"
    "--g-bad:#f29c95;--g-badbg:#3c1b1b;--g-bg:#14171b;"
)

_RULES = """
.graph text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--g-ink)}
.graph .name{font-size:13px;font-weight:600}
.graph .line{font-size:11px;fill:var(--g-soft);stroke:none}
.graph .said{font-size:11px;fill:var(--g-soft)}
.graph .ground{fill:var(--g-bg);fill-opacity:.86}
.graph .border{fill:var(--g-card);stroke:var(--g-line);stroke-width:1.2}
.graph .rim{fill:none;stroke:var(--g-line);stroke-width:1.2}
.graph .focus .border{fill:var(--g-focus);stroke:var(--g-accent);stroke-width:2.6}
.graph .focus .rim{stroke:var(--g-accent);stroke-width:2.6}
.graph .missing .border,.graph .missing .rim{stroke-dasharray:5 4}
.graph .missing .border{fill:none}
.graph .alert .border{fill:var(--g-badbg);stroke:var(--g-bad);stroke-width:2}
.graph .alert .rim{stroke:var(--g-bad)}
.graph .withdrawn .name{text-decoration:line-through}
.graph .flag{fill:var(--g-bad)}
.graph .flagink{fill:var(--g-card);font-size:12px;font-weight:700}
.graph .edge{fill:none;stroke:var(--g-line);stroke-width:1.3}
.graph .head{fill:var(--g-line);stroke:var(--g-line);stroke-width:1.3;stroke-linejoin:round}
.graph .open{fill:var(--g-bg)}
.graph .measured{stroke-width:3}
.graph .confirmed{stroke-width:4.6}
.graph .between{fill:none;stroke:var(--g-bg);stroke-width:1.6}
.graph .conflicting{stroke:var(--g-bad);stroke-dasharray:9 4 2 4;stroke-width:1.8}
.graph .cross{stroke:var(--g-bad);stroke-width:2.2;fill:none}
.graph .unresolved{stroke-dasharray:1.5 4.5;stroke-linecap:round;stroke-width:1.8}
.graph a:focus-visible .border,.graph a:hover .border{stroke:var(--g-accent);stroke-width:2.6}
.graph a:focus{outline:none}
.graph a:focus-visible{outline:2px solid var(--g-accent);outline-offset:2px}
"""

GRAPH_CSS = (
    f".graph{{{_LIGHT}}}"
    f"@media (prefers-color-scheme:dark){{.graph{{{_DARK}}}}}"
    f"@media print{{.graph{{{_LIGHT}}}}}" + _RULES
)
DOCUMENT_CSS = GRAPH_CSS + ".graph .paper{fill:var(--g-bg)}\n"

_COLOURS = dict(pair.split(":") for pair in _LIGHT.rstrip(";").split(";")) | {"--g-bg": "#ffffff"}
_PLAIN = "".join(rule for rule in _RULES.splitlines(keepends=True) if not rule.startswith(".graph a"))
FIXED_CSS = re.sub(r"var\((--g-[a-z]+)\)", lambda name: _COLOURS[name[1]], _PLAIN).replace(
    "system-ui", '"Libertinus Serif",system-ui'
)
