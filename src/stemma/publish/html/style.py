"""The style sheet of every page: light and dark, printable, readable by people who see few colours.

The heat scale runs from pale yellow to deep blue in even steps of lightness (in the dark theme from deep to pale), so
that it holds in grey as well; every cell also carries its number.
"""

from __future__ import annotations

from stemma.publish.html.scale import DARK_HEAT, LIGHT_HEAT


def _variables(heat: tuple[tuple[str, str], ...], **colours: str) -> str:
    steps = "".join(f"--h{n}:{fill};--t{n}:{ink};" for n, (fill, ink) in enumerate(heat))
    return steps + "".join(f"--{name}:{value};" for name, value in colours.items())


_LIGHT = _variables(
    LIGHT_HEAT, bg="#fbfaf7", card="#ffffff", ink="#1b1f24", soft="#57606a", line="#dcd9d0", accent="#0b5394",
    linked="#8a4b00", linkedbg="#fdf1de", apart="#1a5e3a", apartbg="#e6f4ea", open="#244b7a", openbg="#e8eff8",
    bad="#9b1c1c", badbg="#fbe9e9", curve="#8f9aa6", fill="#e4e8ec", mark="#b3261e",
)  # fmt: skip
_DARK = _variables(
    DARK_HEAT, bg="#14171b", card="#1c2026", ink="#e7e9ec", soft="#a3acb6", line="#343a42", accent="#7db4ee",
    linked="#f4b860", linkedbg="#3a2c14", apart="#7fd6a2", apartbg="#16301f", open="#9cc3f2", openbg="#1a2a3f",
    bad="#f29c95", badbg="#3c1b1b", curve="#77828e", fill="#2b323a", mark="#ff8a80",
)  # fmt: skip
_HEAT = "".join(f".h{n}{{fill:var(--h{n})}}.t{n}{{fill:var(--t{n})}}" for n in range(len(LIGHT_HEAT)))

CSS = (
    f":root{{{_LIGHT}color-scheme:light dark}}"
    f"@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}"
    f"@media print{{:root{{{_LIGHT}}}}}"
    + """
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1040px;margin:0 auto;padding:2.5rem 1.5rem 3rem}
h1{font-size:1.75rem;line-height:1.25;margin:.4rem 0 0;font-weight:650;letter-spacing:-.01em;text-wrap:balance}
h2{font-size:1.15rem;margin:2.6rem 0 .7rem;font-weight:650}
h3{font-size:.95rem;margin:1.4rem 0 .4rem;font-weight:600}
p{margin:.5rem 0;max-width:46rem}
ul{margin:.4rem 0;padding-left:1.15rem;max-width:46rem}
li{margin:.3rem 0}
code,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.87em;
overflow-wrap:anywhere}
.brand{color:var(--soft);font-size:.85rem;letter-spacing:.04em}
.verdict{border-left:6px solid;border-radius:4px;padding:1.3rem 1.5rem 1.4rem;margin:1rem 0 1.4rem}
.tag{font-size:.8rem;font-weight:700;letter-spacing:.08em;text-transform:uppercase}
.verdict h1{color:var(--ink)}
.linked{color:var(--linked);background:var(--linkedbg);border-color:var(--linked)}
.apart{color:var(--apart);background:var(--apartbg);border-color:var(--apart)}
.open{color:var(--open);background:var(--openbg);border-color:var(--open)}
.bad{color:var(--bad);background:var(--badbg);border-color:var(--bad)}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:1rem;margin:1rem 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.9rem 1.1rem;min-width:0}
.card b.letter{display:inline-block;width:1.6rem;height:1.6rem;line-height:1.6rem;text-align:center;
border-radius:50%;background:var(--accent);color:var(--card);font-size:.85rem;margin-right:.5rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.6rem 0 0;font-size:.9rem}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere;min-width:0}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:0 2.5rem}
.scroll{overflow-x:auto}
.scroll svg{max-width:none}td svg{max-width:none}
table{border-collapse:collapse;min-width:min(100%,34rem);font-size:.88rem;font-variant-numeric:tabular-nums}
th{text-align:left;font-weight:600;color:var(--soft);border-bottom:1.5px solid var(--line);vertical-align:bottom;
padding:.35rem .8rem .35rem 0;white-space:nowrap}
td{border-bottom:1px solid var(--line);padding:.5rem .8rem .5rem 0;vertical-align:top;overflow-wrap:break-word}
caption{text-align:left;padding-bottom:.4rem}
th.n,td.n{text-align:right;white-space:nowrap;overflow-wrap:normal}
td small{display:block;color:var(--soft);line-height:1.4}
td:not(.n) small{min-width:14rem}
td b{font-weight:600}
.note{color:var(--soft);font-size:.87rem}
svg{display:block;max-width:100%;height:auto}
svg text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--ink)}
svg .soft{fill:var(--soft)}
svg .line{stroke:var(--line);fill:none}
svg .axis{stroke:var(--soft);fill:none}
svg .curve{fill:var(--fill);stroke:var(--curve);stroke-width:1.2}
svg .mark{stroke:var(--mark);stroke-width:2;fill:none}
svg .markfill{fill:var(--mark)}
svg .marktext{fill:var(--mark);font-weight:600}
svg .none{fill:none;stroke:var(--line);stroke-dasharray:2 2}
svg .box{fill:var(--card);stroke:var(--soft)}
svg .kept{fill:var(--accent);stroke:var(--accent)}
svg .keptink{fill:var(--card);font-weight:600}
svg .link{stroke:var(--accent);stroke-width:1.4;fill:none;opacity:.75}
details{margin:.6rem 0}
summary{cursor:pointer;color:var(--accent);font-size:.9rem}
pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem;white-space:pre-wrap;
overflow-wrap:anywhere;margin:.5rem 0}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
@media print{main{max-width:none;padding:0}body{font-size:10.5pt;background:#fff}h2{break-after:avoid}
tr,.card,.verdict,figure{break-inside:avoid}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
figure{margin:.6rem 0}
figcaption{color:var(--soft);font-size:.87rem;max-width:46rem;margin-top:.4rem}
"""
    + _HEAT
)
