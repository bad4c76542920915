"""Every disguise keeps the function, every cut runs, every merge holds what its coefficients say."""

import warnings
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")

import torch

from zoo.architectures import ARCHITECTURES, Shape, initialise
from zoo.breadth import allowed
from zoo.build import adopt, build
from zoo.errors import ZooError
from zoo.lineage import pairs, truth
from zoo.made_of import layer_map, merge_of
from zoo.plan import FULL, SIZES, THIN, Size, specimens
from zoo.recipes.evade import TOLERANCE, logits
from zoo.recipes.merge import slerp
from zoo.recipes.pretrain import Pretrain, Untrained
from zoo.recipes.quantise import _CODECS
from zoo.reparametrise import disguise, possible
from zoo.surgery import upcycled, without_hidden, without_last_group, without_neurons
from zoo.vocabulary import meaningless, renumbered, shuffled, special_count, with_rows

SHAPE = Shape(hidden=32, neurons=64, layers=4, context=16, vocabulary=400)
TINY = Size(
    name="tiny",
    shape=SHAPE.with_size(hidden=64),
    steps={"llama": 6},
    batch=4,
    corpus_bytes=100_000,
    seeds=((1, "calibration"),),
    members=(
        *("base", "tuned-light", "tuned-heavy", "continued", "other-init", "stored-bf16", "torch-bin", "resharded"),
        *("vocabulary-trimmed", "vocabulary-shuffled", "vocabulary-rebuilt", "evaded-all-replaced", "upcycled"),
        *("merged-trace", "passthrough", "adapter", "lora-4", "heads-pruned", "fabricated", "student-fresh"),
    ),
    broad=True,
)
DISGUISES = [
    (name, kind)
    for name, architecture in sorted(ARCHITECTURES.items())
    for kind in possible(architecture, initialise(architecture, SHAPE, 5))
]


def _model(name: str) -> Any:
    """Noise makes gains and biases differ from their start, so that a disguise that forgets them is seen."""
    model = initialise(ARCHITECTURES[name], SHAPE, 5).eval()
    noise = torch.Generator().manual_seed(6)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=noise))
    return model


PROBE = torch.arange(24).reshape(2, 12) + 30


@pytest.mark.parametrize(("name", "kind"), DISGUISES)
def test_each_disguise_changes_the_weights_and_keeps_the_logits(name: str, kind: Any, tmp_path: Path) -> None:
    architecture, model = ARCHITECTURES[name], _model(name)
    before, old = logits(model, PROBE), {n: t.clone() for n, t in model.state_dict().items()}
    changed = disguise(architecture, model, kind, 7).float()
    assert float((logits(changed, PROBE) - before).abs().max()) < TOLERANCE
    changed.save_pretrained(tmp_path)
    loaded = architecture.load(tmp_path)
    assert float((logits(loaded, PROBE) - before).abs().max()) < TOLERANCE
    new = loaded.state_dict()
    assert any(n not in old or old[n].shape != t.shape or not torch.allclose(old[n], t) for n, t in new.items())


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_all_disguises_at_once_keep_the_logits(name: str) -> None:
    architecture, model = ARCHITECTURES[name], _model(name)
    before = logits(model, PROBE)
    for kind in possible(architecture, model):
        model = disguise(architecture, model, kind, 8)
    assert float((logits(model.float(), PROBE) - before).abs().max()) < TOLERANCE


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_the_plan_asks_for_what_the_architecture_allows(name: str) -> None:
    found = set(possible(ARCHITECTURES[name], _model(name)))
    assert {*allowed(name), "order"} | ({"identity-layer"} & found) == found


def test_a_forbidden_disguise_is_refused() -> None:
    with pytest.raises(ZooError, match="not 'rotation'"):
        disguise(ARCHITECTURES["gpt2"], _model("gpt2"), "rotation", 1)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_reordered_vocabulary_is_the_same_function(name: str) -> None:
    model = _model(name)
    rows = shuffled(400, 21, 3)
    before = logits(model, PROBE)
    after = logits(with_rows(ARCHITECTURES[name], model, rows), torch.argsort(rows)[PROBE])
    assert float((after - before[..., rows]).abs().max()) < TOLERANCE


@pytest.mark.parametrize("name", ["llama", "qwen3", "gemma2", "mixtral"])
def test_cut_models_run(name: str) -> None:
    architecture = ARCHITECTURES[name]
    shape = SHAPE.with_size(hidden=64)
    model = initialise(architecture, shape, 5).eval()
    for cut in (
        without_neurons(architecture, model, 0.25),
        without_hidden(architecture, model, 0.25),
        without_last_group(architecture, model),
    ):
        assert sum(p.numel() for p in cut.parameters()) < sum(p.numel() for p in model.parameters())
        assert torch.isfinite(logits(cut, PROBE)).all()


def test_cut_neurons_are_the_smallest() -> None:
    model = _model("gpt2")
    with torch.no_grad():
        for block in model.transformer.h:
            block.mlp.c_fc.weight[:, :16] = 0
            block.mlp.c_fc.bias[:16] = 0
            block.mlp.c_proj.weight[:16] = 0
    before = logits(model, PROBE)
    cut = without_neurons(ARCHITECTURES["gpt2"], model, 0.25)
    assert float((logits(cut, PROBE) - before).abs().max()) < TOLERANCE


def test_a_mixture_of_copies_is_the_dense_model() -> None:
    model = _model("llama")
    assert float((logits(upcycled(model, 4, 1), PROBE) - logits(model, PROBE)).abs().max()) < TOLERANCE


CODES = [("int4-groups", 16, 0.1), ("int2-groups", 4, 0.5), ("nf4", 16, 0.15), ("q4_0", 16, 0.1), ("fp8", 256, 0.05)]


@pytest.mark.parametrize(("codec", "levels", "largest"), CODES)
def test_codes_have_few_levels_and_stay_near(codec: Any, levels: int, largest: float) -> None:
    blocks = torch.randn(64, 32, generator=torch.Generator().manual_seed(9))
    coded = _CODECS[codec](blocks)
    assert max(len(set(row.tolist())) for row in coded) <= levels
    assert float((coded - blocks).norm() / blocks.norm()) < largest
    assert float((_CODECS[codec](coded) - coded).norm() / coded.norm()) < largest / 2


def test_slerp_keeps_the_norm_of_the_arc() -> None:
    a, b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 3.0])
    assert torch.allclose(slerp(a, b, 1 / 3), 3 * torch.tensor([3**0.5 / 2, 0.5]))
    assert torch.allclose(slerp(a, a * 1.1, 0.5), a * 1.05)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("broad")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*is_gradient_checkpointing.*", FutureWarning)
        build(TINY, folder)
    return folder


def test_every_container_holds_the_parents_weights(folder: Path) -> None:
    llama = ARCHITECTURES["llama"]
    base = llama.load(folder / "models/llama-1-base").state_dict()
    for suffix, loose in (("torch-bin", 0.0), ("resharded", 0.0), ("stored-bf16", 0.01)):
        other = llama.load(folder / f"models/llama-1-{suffix}").state_dict()
        assert all(torch.allclose(base[n], t, rtol=loose, atol=0) for n, t in other.items())
    names = {p.name for p in (folder / "models/llama-1-adapter").iterdir()}
    assert "adapter_model.safetensors" in names and "model.safetensors" not in names
    assert "base_model: llama-1-base" in (folder / "models/llama-1-fabricated/README.md").read_text()


def test_renumbered_tokenizers_read_the_same_text(folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast

    read = PreTrainedTokenizerFast.from_pretrained
    base, moved = (read(folder / f"models/llama-1-{n}") for n in ("base", "vocabulary-shuffled"))
    text = "the import of a module"
    assert base.tokenize(text) == moved.tokenize(text)
    assert base.encode(text) != moved.encode(text)
    trimmed = read(folder / "models/llama-1-vocabulary-trimmed")
    assert max(trimmed.get_vocab().values()) == 299
    assert trimmed.decode(trimmed.encode(text)) == text
    replaced = read(folder / "models/llama-1-evaded-all-replaced")
    assert set(base.get_vocab()) & set(replaced.get_vocab()) == set(base.all_special_tokens)
    assert special_count(base) == 4


def test_meaningless_tokens_keep_their_ids(folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast

    base = PreTrainedTokenizerFast.from_pretrained(folder / "models/llama-1-base")
    assert sorted(meaningless(base).get_vocab().values()) == sorted(base.get_vocab().values())
    kept = renumbered(base, torch.arange(len(base)))
    assert kept.get_vocab() == base.get_vocab()


def test_adopted_models_are_not_made_again(folder: Path, tmp_path: Path) -> None:
    taken = adopt(TINY, tmp_path, folder)
    assert sorted(taken) == sorted(specimens(TINY))
    assert len(build(TINY, tmp_path)) == len(taken)
    other = Size("other", TINY.shape, {"llama": 7}, 4, 100_000, TINY.seeds, TINY.members, broad=True)
    assert adopt(other, tmp_path / "other", folder) == []


def test_full_takes_over_thin_and_wide_as_they_are() -> None:
    full = specimens(FULL)
    for size in (THIN, SIZES["wide"]):
        for name, specimen in specimens(size).items():
            assert (full[name].recipe, full[name].parents) == (specimen.recipe, specimen.parents)
            assert FULL.batch_of(specimen.architecture) == size.batch_of(specimen.architecture)


def test_full_is_as_broad_as_it_must_be() -> None:
    zoo = specimens(FULL)
    found = list(pairs(zoo, zoo))
    for split in ("calibration", "evaluation"):
        mine = [p for p in found if p.split == split and p.unscored is None]
        assert sum(p.label == "linked" for p in mine) >= 150
        assert sum(p.label == "independent" for p in mine) >= 2_000
        twins = [p for p in mine if p.exclusion == "X4"]
        disguised = {(p.a, p.b) for p in twins if "evasion" in p.category}
        assert len(twins) >= 40 and len(disguised) >= 12
        assert len({a.split("-")[0] for a, _ in disguised}) >= 6
    assert len({s.architecture for s in zoo.values()}) >= 10
    assert all(len({p.a.split("-")[1], p.b.split("-")[1]}) == 1 for p in found)


@pytest.mark.parametrize(
    ("a", "b", "label", "unscored"),
    [
        ("base", "student-fresh", "linked", "distilled into fresh weights"),
        ("other-init", "merged-trace", "linked", "merge share under 2%"),
        ("other-init", "merged-tenth", "linked", None),
        ("base", "merged-trace", "linked", None),
        ("base", "fork-10", "independent", "shared early training"),
        ("base", "fabricated", "independent", None),
        ("base", "twin-evaded-all", "independent", None),
        ("base", "chain-4", "linked", None),
    ],
)
def test_truth_of_the_broad_plan(a: str, b: str, label: str, unscored: str | None) -> None:
    pair = truth(specimens(FULL), f"llama-1-{a}", f"llama-1-{b}")
    assert (pair.label, pair.unscored) == (label, unscored)


def test_no_two_architectures_draw_alike() -> None:
    """One stream of random numbers would fill matrices of equal shapes alike: token embeddings above all."""
    zoo = specimens(FULL)
    draws: dict[int, set[str]] = {}
    for specimen in zoo.values():
        if isinstance(specimen.recipe, Pretrain | Untrained):
            draws.setdefault(specimen.recipe.init, set()).add(specimen.architecture)
    assert draws and all(len(architectures) == 1 for architectures in draws.values())
    assert truth(zoo, "opt-1-base", "bert-1-twin-data").exclusion in ("X5", "X7")


def test_layer_maps_are_those_of_the_recipes() -> None:
    zoo = specimens(FULL)
    assert layer_map(zoo, "llama-1-base", "llama-1-depth-scaled") == frozenset(
        {(0, 0), (1, 1), (2, 2), (1, 3), (2, 4), (3, 5)}
    )
    assert layer_map(zoo, "llama-1-base", "llama-1-chain-4") == frozenset({(0, 0), (1, 1), (3, 2)})
    assert layer_map(zoo, "llama-1-tuned-heavy", "llama-1-passthrough") == frozenset({(0, 0), (2, 2)})
    assert layer_map(zoo, "llama-1-base", "llama-1-passthrough") == frozenset({(i, i) for i in range(4)})
    assert layer_map(zoo, "llama-1-base", "llama-1-evaded-all") is None
    assert layer_map(zoo, "llama-1-evaded-all", "llama-1-evaded-all-int8") == frozenset((i, i) for i in range(5))
    assert layer_map(zoo, "bert-1-base", "bert-1-evaded-all") == frozenset((i, i) for i in range(4))
    merge = merge_of(zoo, "llama-1-slerp")
    assert merge is not None
    assert merge["weights"] == [[0.8, 0.2], [0.6, 0.4], [0.4, 0.6], [0.19999999999999996, 0.8]]


def test_no_size_leaves_a_parent_out() -> None:
    for size in SIZES.values():
        zoo = specimens(size)
        assert all(set(s.parents) <= set(zoo) for s in zoo.values())
