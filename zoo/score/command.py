"""`python -m zoo score`: from a built zoo to docs/accuracy.md and docs/limits.md."""

import argparse
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from zoo.lineage import Pair
from zoo.score.alone import score_adapters
from zoo.score.cases import Built, load
from zoo.score.curves import draw
from zoo.score.document import Part, document
from zoo.score.limits import limits_page
from zoo.score.merges import decompose_all
from zoo.score.nulls import null_tests
from zoo.score.peer import ask_peer
from zoo.score.permutations import sampled_tails, save, saved
from zoo.score.rulings import Kept, rule_on_all
from zoo.score.tables import Scored
from zoo.score.trees import score_trees
from zoo.workers import workers

SPLITS = ("calibration", "evaluation")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--zoo", type=Path, required=True, help="folder of a built zoo")
    parser.add_argument("--split", choices=(*SPLITS, "all"), default="all", help="models of which half")
    parser.add_argument("--peer", choices=("modeldna",), help="a peer to run on the same pairs")
    parser.add_argument("--peer-python", type=Path, help="interpreter of an environment that holds the peer")
    parser.add_argument("--permutations", type=int, default=0, metavar="N", help="sample the null's tail anew, N times")
    parser.add_argument("--no-merges", action="store_true", help="leave merges undecomposed")
    parser.add_argument("--no-trees", action="store_true", help="leave family graphs of sixty models unrecovered")
    parser.add_argument(
        "--kept", action="store_true", help="report what was ruled on before, by whatever code; read no model"
    )
    parser.add_argument("--most", type=int, default=0, metavar="N", help="no more than N pairs a category and group")
    parser.add_argument("--jobs", type=workers, default=2, metavar="N", help="workers of one thread each")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("docs/accuracy.md"),
        help="the page; pictures, and limits.md unless the zoo is large, go beside it",
    )


def run(options: argparse.Namespace) -> None:
    """Score and write the page; what was ruled before by the same code on the same models is not ruled again."""
    built = load(options.zoo)
    wanted = SPLITS if options.split == "all" else (options.split,)
    splits = [s for s in wanted if any(specimen.split == s for specimen in built.zoo.values())]
    parts = {split: _part(built, split, options) for split in splits}
    scored = {s: [one for one in part.scored if one.pair.unscored is None] for s, part in parts.items()}
    folder = f"pictures{options.out.stem.removeprefix('accuracy')}"
    pictures = [f"{folder}/{name}" for name in draw(scored, options.out.parent / folder)]
    options.out.write_text(document(built, parts, _command(options), pictures))
    if built.size.accelerated:
        return
    everything = {split: part.scored for split, part in parts.items()}
    options.out.with_name("limits.md").write_text(limits_page(everything, _command(options)))


def _part(built: Built, split: str, options: argparse.Namespace) -> Part:
    pairs = built.scored_pairs([split])
    if options.kept:
        known = Kept(built.folder).known(built, by_any_code=True)
        ruled = [pair for pair in pairs if (pair.a, pair.b) in known]
        scored = [Scored(pair, known[pair.a, pair.b], built.layers(pair), None) for pair in ruled]
        return Part(scored, [], [], None, None, {}, [])
    if options.most:
        pairs = sampled(pairs, options.most)
    outcomes = rule_on_all(built, pairs, options.jobs)
    merges = None if options.no_merges else decompose_all(built, [split], options.jobs)
    found = {one.name: one.found != "none" for one in merges or () if one.method}
    scored = [
        Scored(pair, outcomes[pair.a, pair.b], built.layers(pair), found.get(built.child(pair))) for pair in pairs
    ]
    tails = built.folder / ".score" / f"permutations-{split}.json"
    if options.permutations:
        save(sampled_tails(built, [split], options.permutations), tails)
    return Part(
        scored,
        null_tests(built, [split]),
        saved(tails),
        merges,
        ask_peer(built, pairs, options.peer_python) if options.peer else None,
        {} if options.no_trees else score_trees(built, [split]),
        score_adapters(built, [split]),
    )


def sampled(pairs: Sequence[Pair], most: int) -> list[Pair]:
    """At most so many pairs of each category and architecture, chosen by a hash of their names."""
    kept: defaultdict[tuple[str, str, str], list[Pair]] = defaultdict(list)
    for pair in sorted(pairs, key=lambda pair: hashlib.sha256(f"{pair.a} {pair.b}".encode()).digest()):
        group = kept[pair.label, pair.category, pair.a.split("-")[0]]
        if len(group) < most:
            group.append(pair)
    chosen = {(pair.a, pair.b) for group in kept.values() for pair in group}
    return [pair for pair in pairs if (pair.a, pair.b) in chosen]


def _command(options: argparse.Namespace) -> str:
    """The command without what differs from machine to machine."""
    words = ["python -m zoo score --zoo DIR"]
    words += [f"--split {options.split}"] if options.split != "all" else []
    words += ["--peer modeldna --peer-python PYTHON"] if options.peer else []
    words += ["--kept"] if options.kept else []
    words += [f"--most {options.most}"] if options.most else []
    words += ["--no-merges"] if options.no_merges else []
    words += ["--no-trees"] if options.no_trees else []
    return " ".join(words)
