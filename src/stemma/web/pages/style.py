"""The one style sheet of the server's pages: that of records, with what only a server has."""

from __future__ import annotations

from stemma.publish.record.style import RECORD_CSS

WEB_CSS = (
    RECORD_CSS
    + """
html{scrollbar-gutter:stable}
body{display:flex;flex-direction:column;min-height:100vh}
main{width:100%;flex:1 0 auto;padding-top:1.6rem}
main.wide{max-width:1500px}
.top{display:flex;flex-wrap:wrap;align-items:baseline;gap:.3rem 1.6rem;padding:.8rem 1.5rem;
border-bottom:1px solid var(--line)}
.top .home{text-decoration:none;color:var(--ink)}
.top .name{font-weight:700;letter-spacing:.02em}
.top ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;margin:0;padding:0;max-width:none}
.top li{margin:0}
.top nav a{color:var(--soft);text-decoration:none;padding:.25rem 0;border-bottom:2px solid transparent}
.top nav a:hover{color:var(--ink)}
.top nav a[aria-current]{color:var(--ink);border-color:var(--accent)}
.bottom{display:flex;gap:.3rem 1.4rem;margin:2rem 0 0;padding:1rem 1.5rem;flex-wrap:wrap}
button,.button{font:inherit;color:var(--card);background:var(--accent);border:1px solid var(--accent);border-radius:5px;
padding:.3rem .9rem;height:2.3rem;cursor:pointer;text-decoration:none;display:inline-block}
button.quiet,.button.quiet{color:var(--accent);background:none}
button:focus-visible,textarea:focus-visible,[tabindex]:focus-visible{outline:2px solid var(--accent);outline-offset:2px;
border-radius:2px}
input,select,textarea{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--soft);
border-radius:5px;padding:.3rem .6rem;min-width:0;max-width:100%}
input,select{height:2.3rem}
@media (max-width:40rem){main{padding:1.2rem 1rem 2rem}.top{padding:.7rem 1rem}.bottom{padding:1rem}
h1{font-size:1.45rem}}
@media print{.top,.bottom,form,button,.skip{display:none}}
"""
)
