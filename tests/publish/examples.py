"""Reports made by hand: one of each kind of ruling, with numbers of the size that real ones have."""

from __future__ import annotations

from typing import Any

from stemma.constitution.interface import Direction, Established, Label, LayerPair, Ruling
from stemma.evidence.interface import Background, Evidence, SiteValue
from stemma.identity import Missing
from stemma.publish.model import (
    CatalogEntry,
    CatalogListing,
    ComparisonReport,
    DtypeCount,
    Exemption,
    FileEntry,
    FingerprintReport,
    InspectionReport,
    ModelSummary,
    RoleCount,
    ScanCandidate,
    ScanReport,
)
from stemma.vocabulary import Exclusion, Kinship, Mechanism

EXACT = Background(0.0, 1.0, "exact by theory")
ORDER_NULL = "the neurons of one model are in random order given the other"
STEMMA = "0.1.0"


def wobble(n: int) -> float:
    """A fixed number in 0..1 that looks random."""
    return ((n * 2654435761) % 1000) / 1000


def order_test(
    effect: float,
    z: float,
    layers: int = 24,
    group: str = "mlp",
    offset: tuple[int, ...] | None = None,
) -> Evidence:
    """Permutation-trace z layer by layer, the effect falling towards the top."""
    cells = tuple(
        SiteValue(
            a=f"decoder.{offset[n] if offset else n}",
            b=f"decoder.{n}",
            statistic=z * (1 - 0.3 * n / layers) + wobble(n * 7),
            log10_p=-min((z * (1 - 0.3 * n / layers)) ** 2 / 4.6, 4000.0),
            effect=effect * (1 - 0.25 * (n / layers) ** 2) + 0.02 * (wobble(n * 5 + len(group)) - 0.5),
        )
        for n in range(layers)
    )
    return Evidence(
        test=f"{group} order",
        site=f"{layers} layers",
        statistic=z * 4,
        effect=effect,
        log10_p=-min(z * z * 3, 31000.0),
        null=ORDER_NULL,
        method="permutation trace per exchange group, exact mean and variance, normal tail, Stouffer over layers",
        sample=layers * 2048,
        background=EXACT,
        per_site=cells,
        facts={"layers": layers, "strongest_layer_z": max(c.statistic for c in cells)},
    )


def residual(effect: float, z: float) -> Evidence:
    return Evidence(
        test="residual order",
        site="whole model",
        statistic=z,
        effect=effect,
        log10_p=-z * z / 4.6,
        null="the residual dimensions of one model stand in random order relative to the other's",
        method="permutation trace over residual dimensions, normal scores, normal tail",
        sample=2048,
        background=EXACT,
        per_site=(
            SiteValue("norm gains", "norm gains", z * 0.6, -z * z / 13, effect * 0.9),
            SiteValue("embedding columns", "embedding columns", z * 0.9, -z * z / 5.7, effect),
        ),
        facts={"features": 1073},
    )


def learned_ratio(value: float) -> Evidence:
    return Evidence(
        test="learned against random part",
        site="decoder",
        statistic=value,
        effect=value,
        log10_p=None,
        null="the two share their start only: the ratio stays below 0.8",
        method="operating point, 0 of 212 twins",
        sample=96,
        background=Background(0.62, 0.09, "212 pairs of twins made by the zoo"),
        per_site=tuple(
            SiteValue(
                f"decoder.{n}/mlp",
                f"decoder.{n}/mlp",
                value + 0.1 * (wobble(n) - 0.5),
                None,
                value + 0.1 * (wobble(n) - 0.5),
            )
            for n in range(24)
        ),
        facts={"rho_mlp": value, "rho_attention": value - 0.02, "twins_upper_bound": 3 / 212},
    )


def gains(effect: float, log10_p: float) -> Evidence:
    return Evidence(
        test="norm gains",
        site="all",
        statistic=effect * 60,
        effect=effect,
        log10_p=log10_p,
        null="residual dimensions of one model are in random order given the other",
        method="permutation of residual dimensions, 100000 draws",
        sample=2048,
        background=Background(0.0, 1.02, "100000 permutations"),
        facts={"centred": True},
    )


TOKENIZER = Evidence(
    test="tokenizer overlap",
    site="tokenizer",
    statistic=1.0,
    effect=1.0,
    log10_p=None,
    null="none: reported, never counted",
    method="share of token strings in common",
    sample=32000,
)


def summary(name: str, layers: int = 24, container: str = "safetensors") -> ModelSummary:
    return ModelSummary(
        name=name,
        container=container,
        parameters=1_100_048_384,
        layers=layers,
        hidden=2048,
        architecture="llama",
        roles={
            "token_embedding": 1,
            "q": layers,
            "k": layers,
            "v": layers,
            "o": layers,
            "gate": layers,
            "up": layers,
            "down": layers,
            "norm": 2 * layers + 1,
            "head": 1,
        },
        missing={"biases": "this architecture has none"},
    )


def ruling(**changes: Any) -> Ruling:
    base: dict[str, Any] = {
        "label": Label.LINKED,
        "established": Established.SHOWN,
        "kinship": Kinship.DESCENDANT,
        "direction": Direction.A_TO_B,
        "mechanism": Mechanism.M2,
        "exclusion": None,
        "reasons": (
            "The neurons of all 24 layers stand in the same order (combined z = 206.2, log10 p = -7956).",
            "The learned part is shared as fully as the random part (ratio 0.99; twins stay below 0.8).",
            "34 embedding rows that training never touched are equal bit for bit; B has 32 rows more.",
        ),
        "not_examined": ("Query and key rows were not permuted: rotary positions fix their order.",),
        "evidence": (
            order_test(0.985, 51.5),
            order_test(0.96, 39.0, group="attention"),
            residual(0.94, 44.1),
            gains(0.91, -412.0),
            learned_ratio(0.99),
            TOKENIZER,
        ),
        "tests_planned": 312,
        "cost": {"bytes_read": 4_400_193_536, "seconds": 6.4},
    }
    return Ruling(**(base | changes))


def report(b: str = "./tinyllama-chat", *, layers_b: int = 24, **changes: Any) -> ComparisonReport:
    a = "hf:TinyLlama/TinyLlama-1.1B-step-1431k"
    return ComparisonReport(a, b, ruling(**changes), None, summary(a), summary(b, layers_b), stemma=STEMMA)


FINE_TUNE = report()

COPY = report(
    "./mirror/tinyllama.Q8_0.gguf",
    kinship=Kinship.COPY,
    mechanism=Mechanism.M1,
    direction=Direction.UNDETERMINED,
    reasons=("All 201 tensors are equal in value; 0 differ.",),
    not_examined=(),
    evidence=(
        Evidence(
            "equal values",
            "all tensors",
            201.0,
            1.0,
            None,
            "none: a fact",
            "SHA-256 of canonical values",
            201,
            facts={"equal": 201, "different": 0},
        ),
    ),
    tests_planned=1,
)

INDEPENDENT = report(
    "hf:openlm-research/open_llama_3b",
    label=Label.INDEPENDENT,
    established=Established.DEFAULT,
    kinship=Kinship.NONE,
    mechanism=None,
    direction=Direction.UNDETERMINED,
    reasons=("No layer shares an order of neurons beyond chance (strongest of 120: z = 2.1).",),
    not_examined=(
        "Distillation into fresh weights leaves no trace in weights.",
        "Whether one was trained on text that the other wrote.",
    ),
    evidence=(
        order_test(0.004, 0.9),
        order_test(-0.01, 0.4, group="attention"),
        residual(0.01, 0.7),
        gains(0.016, -0.31),
        TOKENIZER,
    ),
)

TWINS = report(
    "hf:EleutherAI/pythia-1b-deduped",
    label=Label.INDEPENDENT,
    established=Established.SHOWN,
    kinship=Kinship.NONE,
    mechanism=None,
    direction=Direction.UNDETERMINED,
    exclusion=Exclusion.X4,
    reasons=(
        "Neurons stand in the same order (combined z = 34.4), as after a shared start.",
        "The learned part is not shared (ratio 0.57; derived models lie above 0.89).",
    ),
    evidence=(order_test(0.16, 8.6), order_test(0.12, 6.2, group="attention"), learned_ratio(0.57)),
)

KEPT = (0, 1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 21, 23)
PRUNED = report(
    "./minitron-like",
    layers_b=16,
    mechanism=Mechanism.M6,
    reasons=("16 of 24 layers of A are found in B, in order (log10 p = -2210).",),
    evidence=(order_test(0.93, 38.0, layers=16, offset=KEPT), gains(0.74, -160.5)),
    layer_map=tuple(LayerPair(f"decoder.{a}", f"decoder.{b}") for b, a in enumerate(KEPT)),
)

EARLY_FORK = report(
    "./fork",
    label=Label.INDEPENDENT,
    established=Established.DEFAULT,
    kinship=Kinship.NONE,
    mechanism=None,
    direction=Direction.UNDETERMINED,
    status="shared early training",
    reasons=("The ratio of learned to random sharing (0.69) lies between twins and the derived.",),
)

UNREADABLE = ComparisonReport(
    "./a",
    "./broken",
    None,
    "model.safetensors: got a header of 9 EiB, expected at most 100 MB. Download the file again.",
    summary("./a"),
    None,
    stemma=STEMMA,
)

COMPARISONS = {
    "fine-tune": FINE_TUNE,
    "copy": COPY,
    "independent": INDEPENDENT,
    "twins": TWINS,
    "pruned": PRUNED,
    "early-fork": EARLY_FORK,
    "unreadable": UNREADABLE,
}

INSPECTION = InspectionReport(
    reference="./tinyllama-chat",
    summary=summary("./tinyllama-chat"),
    files=(
        FileEntry("model-00001-of-00002.safetensors", "safetensors", 2_200_000_000, 120),
        FileEntry("model-00002-of-00002.safetensors", "safetensors", 123_456, 81, "sha256:" + "ab" * 32),
    ),
    dtypes=(DtypeCount("BF16", 201, 1_100_048_384), DtypeCount("F32", 45, 92_160)),
    roles=(
        RoleCount("decoder", "q", 24, ("2048x2048",)),
        RoleCount("decoder", "k", 24, ("256x2048",)),
        RoleCount("decoder", "gate", 24, ("5632x2048",)),
        RoleCount("", "token_embedding", 1, ("32000x2048",)),
    ),
    exempt=(Exemption("model.layers.0.self_attn.rotary_emb.inv_freq", "a buffer, fixed by the architecture"),),
    facts={
        "hidden": 2048,
        "layers": 24,
        "heads": 32,
        "kv_heads": 4,
        "position": "rotary",
        "tied": Missing("config.json does not say"),
    },
    tokenizer="BPE, 32000 tokens",
    declared={"base_model": "TinyLlama/TinyLlama-1.1B-step-1431k"},
    cost={"seconds": 0.2, "bytes_read": 81_000},
    stemma=STEMMA,
)

FINGERPRINT = FingerprintReport(
    reference="./tinyllama-chat",
    summary=summary("./tinyllama-chat"),
    output="tinyllama-chat.stemma",
    digest="sha256:" + "cd" * 32,
    size=2_100_000,
    schema="stemma.fingerprint/2;neurons=64",
    files=INSPECTION.files,
    cost={"seconds": 3.1, "bytes_read": 2_200_123_456},
    stemma=STEMMA,
)

SCAN = ScanReport(
    query="./tinyllama-chat",
    catalog="./catalog",
    catalog_size=10_000,
    corrected_for=10_000,
    candidates=(
        ScanCandidate(1, "TinyLlama/TinyLlama-1.1B-step-1431k", 0.9931, FINE_TUNE.ruling, -7952.0),
        ScanCandidate(
            2,
            "TinyLlama/TinyLlama-1.1B-step-480k",
            0.8712,
            ruling(kinship=Kinship.UNDETERMINED, mechanism=None, direction=Direction.UNDETERMINED),
            -5021.0,
        ),
        ScanCandidate(3, "EleutherAI/pythia-1b", 0.2114, INDEPENDENT.ruling, 0.0),
        ScanCandidate(4, "allenai/OLMo-1B", 0.2003, None, None),
    ),
    model=summary("./tinyllama-chat"),
    not_examined=("9997 fingerprints whose sketches lay further away.",),
    cost={"seconds": 0.8},
    stemma=STEMMA,
)

SCAN_EMPTY = ScanReport("./x", "./catalog", 0, 0, stemma=STEMMA)
SCAN_FAILED = ScanReport("./x", "./catalog", 12, 0, error="./x: there is nothing there.", stemma=STEMMA)

CATALOG = CatalogListing(
    "./catalog",
    (
        CatalogEntry(
            "EleutherAI/pythia-1b",
            "sha256:" + "01" * 32,
            "stemma.fingerprint/2",
            1_900_000,
            1_011_781_632,
            16,
            2048,
            "hf:EleutherAI/pythia-1b@main",
        ),
        CatalogEntry(
            "local/model",
            "sha256:" + "02" * 32,
            "stemma.fingerprint/2",
            400_000,
            22_713_216,
            Missing("unknown architecture"),
            384,
        ),
    ),
    problems=("local/model: the file has 399000 bytes, the index says 400000.",),
    stemma=STEMMA,
)
