"""The one style sheet of the server's pages: that of records, with what only a server has."""

from __future__ import annotations

from stemma.publish.record.style import RECORD_CSS

WEB_CSS = (
    RECORD_CSS
    + """
html{scrollbar-gutter:stable}
body{display:flex;flex-direction:column;min-height:100vh}
main{width:100%;flex:1 0 auto;padding-top:1.6rem}
footer{overflow-wrap:anywhere}
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
padding:.3rem .9rem;height:2.3rem;cursor:pointer;text-decoration:none;display:inline-block;white-space:nowrap}
button.quiet,.button.quiet{color:var(--accent);background:none}
button:focus-visible,textarea:focus-visible,[tabindex]:focus-visible{outline:2px solid var(--accent);outline-offset:2px;
border-radius:2px}
input,select,textarea{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--soft);
border-radius:5px;padding:.3rem .6rem;min-width:0;max-width:100%}
input,select{height:2.3rem}
.stacked input,.stacked select,.stacked textarea{font-size:1rem}
.controls{display:flex;flex-wrap:wrap;gap:.8rem 1rem;align-items:end;margin:1.2rem 0 .4rem}
.controls label{display:flex;flex-direction:column;font-size:.8rem;color:var(--soft);gap:.15rem;min-width:0}
.controls .wide{flex:1 1 20rem}
.records{list-style:none;padding:0;max-width:none;margin:.4rem 0}
.records li{padding:.65rem 0;border-bottom:1px solid var(--line);margin:0}
.records > li > a{font-weight:600;font-size:1.02rem;overflow-wrap:anywhere}
.facts{color:var(--soft);font-size:.85rem;display:flex;flex-wrap:wrap;gap:.1rem .9rem}
.facts span{overflow-wrap:anywhere;min-width:0}
.off{color:var(--linked);font-weight:600}
.pages{display:flex;flex-wrap:wrap;gap:.4rem 1.4rem;margin:1.2rem 0}
.pages a[aria-current]{color:var(--ink);text-decoration:none;border-bottom:2px solid var(--accent)}
.problem{color:var(--bad);font-weight:600;overflow-wrap:anywhere}
.empty{color:var(--soft);margin:2rem 0}
.htmx-request #found,#found.htmx-request{opacity:.55}
.command{display:flex;gap:.6rem;align-items:start}
.command pre{flex:1 1 auto;min-width:0}
.command button{margin-top:.5rem;flex:none}
.from{position:relative}
.tip{position:absolute;left:0;top:100%;z-index:2;width:max-content;max-width:min(24rem,60vw);display:none;
background:var(--ink);color:var(--bg);padding:.35rem .6rem;border-radius:4px;font-size:.8rem;overflow-wrap:anywhere}
.from:hover .tip,.from:focus-within .tip{display:block}
.scroll .from .tip{position:static}
.scroll td p{min-width:14rem}
.explorer{min-height:12rem;margin:.6rem 0}
.explorer.live{height:min(72vh,52rem);padding:0;overflow:hidden}
.explorer > canvas{display:block;width:100%;height:100%;touch-action:none;cursor:grab}
.explorer > canvas:active{cursor:grabbing}
.__________cytoscape_container{position:relative}
.choices{list-style:none;padding:0;margin:0;flex:1 1 100%;max-width:none}
.choices input{height:auto;margin-right:.5rem}
.choices label{display:inline;font-size:1rem;color:var(--ink)}
.choices small{display:block;margin-left:1.65rem;color:var(--soft);overflow-wrap:anywhere}
.stacked{display:flex;flex-direction:column;gap:1.1rem;margin:1.2rem 0}
.stacked label{display:flex;flex-direction:column;gap:.2rem;font-size:.85rem;color:var(--soft);min-width:0}
.stacked .choices label{display:inline}
.stacked select{align-self:start}
.stacked input[type=file]{height:auto}
.stacked .written{font:.85rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;tab-size:2;
resize:vertical;overflow-x:auto}
fieldset{border:1px solid var(--line);border-radius:6px;padding:.4rem 1rem 1rem;margin:0;min-width:0}
legend{font-weight:600;padding:0 .4rem}
.row{display:grid;grid-template-columns:2fr 1fr 1fr;gap:.4rem .8rem;margin:.5rem 0 .9rem}
fieldset .choices{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:.3rem 1.2rem}
.problems pre{margin:.2rem 0}
.told{font-weight:600}
.tools{display:flex;flex-wrap:wrap;gap:.5rem;margin:.5rem 0}
.tools[hidden],.panel[hidden]{display:none}
.panel b{overflow-wrap:anywhere}
.panel .note{display:block;overflow-wrap:anywhere}
button:disabled{opacity:.45;cursor:default}
@media (max-width:40rem){.row{grid-template-columns:1fr 1fr}.row label:first-child{grid-column:1/-1}
.top ul{gap:.2rem .7rem;font-size:.88rem}
.scroll td:last-child{min-width:8rem}main{padding:1.2rem 1rem 2rem}.top{padding:.7rem 1rem}.bottom{padding:1rem}
h1{font-size:1.45rem}}
.comparison td:not(.n) small{min-width:13rem}
.scroll caption{max-width:min(46rem,calc(100vw - 2.2rem))}
@media (scripting:enabled){#explorer{height:min(72vh,52rem)}#tools[hidden]{display:flex;visibility:hidden}}
@media (max-width:40rem){input,select,textarea{font-size:1rem}.controls label{flex:1 1 7rem}.controls select{width:100%}
.choices label{flex:none}.stack table,.stack tbody,.stack tr,.stack td{display:block;min-width:0}
.stack thead{position:absolute;left:-9999px}
.stack tr{border-bottom:1px solid var(--line);padding:.5rem 0}
.stack td{display:grid;grid-template-columns:7.5rem 1fr;gap:.6rem;border:0;padding:.15rem 0;overflow-wrap:anywhere}
.stack td::before{content:attr(data-head);color:var(--soft)}
.stack td p{min-width:0}}
@media print{.top,.bottom,form,button,.skip{display:none}}
"""
)
