"""What pages of records add to the style sheet of every page."""

from __future__ import annotations

from stemma.publish.graph import GRAPH_CSS
from stemma.publish.html.style import CSS

RECORD_CSS = (
    CSS
    + GRAPH_CSS
    + """
a{color:var(--accent);text-underline-offset:.15em;text-decoration-thickness:.06em}
a:focus-visible,summary:focus-visible,input:focus-visible,select:focus-visible,.scroll:focus-visible{
outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
.skip{position:absolute;left:-9999px}
.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem;border:1px solid var(--line)}
.crumbs{display:flex;flex-wrap:wrap;gap:.3rem 1rem;justify-content:space-between;color:var(--soft);font-size:.85rem}
.crumbs nav{display:flex;flex-wrap:wrap;gap:.3rem 1rem}
.kind{display:inline-block;font-size:.8rem;font-weight:700;letter-spacing:.08em;text-transform:uppercase;
color:var(--soft);margin-top:1.6rem}
h1 .version{font-weight:400;color:var(--soft)}
.lead{font-size:1.05rem;max-width:46rem;margin:1rem 0 0}
.notice,.alarm{border-left:6px solid;border-radius:4px;padding:.8rem 1.2rem;margin:1.2rem 0}
.notice{color:var(--linked);background:var(--linkedbg);border-color:var(--linked)}
.alarm{color:var(--bad);background:var(--badbg);border-color:var(--bad)}
.notice p,.alarm p{color:var(--ink);margin:.2rem 0}
.from{display:inline-block;color:var(--soft);font-size:.8rem;border-left:2px solid var(--accent);padding-left:.45rem;
margin:.05rem 0 .05rem .35rem}
p.from{display:block;margin-left:0}
td .from{min-width:0}
td p{margin:0 0 .25rem}
.picture{overflow-x:auto;border:1px solid var(--line);border-radius:6px;padding:.4rem;background:var(--bg)}
.picture svg{max-width:max(100%,46rem);margin:0 auto}
td{min-width:5.5rem}
td:not(.n) small{min-width:0}
tbody th{color:var(--ink);vertical-align:top;border-bottom:1px solid var(--line);padding:.5rem .8rem .5rem 0}
.bar{display:block;width:11rem;max-width:none;margin-top:.25rem}
.bar .yes{fill:var(--accent)}
.bar .no{fill:none;stroke:var(--accent);stroke-width:1.4}
.bar .open{fill:none;stroke:var(--line);stroke-width:1.2;stroke-dasharray:2 2}
.present{font-weight:650;color:var(--bad)}
.files{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;padding:0;list-style:none;max-width:none}
.files li{margin:0}
dd ul{margin:0;padding-left:1rem}
dd ul.plain{padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:.1rem .9rem;max-width:none}
dd ul.plain li{margin:0}
"""
)
