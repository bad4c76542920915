"""Stable identifiers with their names. The value is the identifier, ``meaning`` the name people read."""

from __future__ import annotations

from enum import StrEnum


class Term(StrEnum):
    """A word of the constitution; its definition stands in :func:`stemma.vocabulary.load_vocabulary`."""

    meaning: str

    def __new__(cls, value: str, title: str) -> Term:
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = title
        return member


class Condition(Term):
    """When a pair is linked."""

    C1 = ("C1", "direct descent")
    C2 = ("C2", "indirect descent by distillation")
    C3 = ("C3", "mechanical transformation")
    C4 = ("C4", "identity")
    C5 = ("C5", "transitivity")


class Mechanism(Term):
    """How one set of weights became another."""

    M1 = ("M1", "identity and reformatting")
    M2 = ("M2", "fine-tuning")
    M3 = ("M3", "continued pretraining")
    M4 = ("M4", "vocabulary-modified derivation")
    M5 = ("M5", "knowledge distillation")
    M6 = ("M6", "structural modification with weight inheritance")
    M7 = ("M7", "quantisation and compression")
    M8 = ("M8", "adapter-based derivation")
    M9 = ("M9", "merging")


class Exclusion(Term):
    """What looks like a link and is none."""

    X1 = ("X1", "independent reproduction")
    X2 = ("X2", "same family, different size")
    X3 = ("X3", "same family, different corpus")
    X4 = ("X4", "independent runs under a shared seed")
    X5 = ("X5", "architectural convergence")
    X6 = ("X6", "dimensional coincidence under a different mechanism")
    X7 = ("X7", "shared vocabulary without weight transfer")
    X8 = ("X8", "shared training objective")


class Grounds(Term):
    """Why an edge is believed."""

    E1 = ("E1", "official documentation of the releasing organisation")
    E2 = ("E2", "checkpoint verification")
    E3 = ("E3", "authoritative third-party analysis")


class Kinship(Term):
    """What a ruling says of a pair."""

    COPY = ("copy", "the same weights")
    DESCENDANT = ("descendant", "B descends from A")
    ANCESTOR = ("ancestor", "A descends from B")
    COMMON_ANCESTOR = ("common ancestor", "both descend from a third")
    UNDETERMINED = ("undetermined", "linked, the way not established")
    NONE = ("none", "no kinship established")


class Status(Term):
    """A special outcome or an open frontier that a ruling names; equal to the plain string of its value."""

    SHARED_EARLY_TRAINING = ("shared early training", "a fork early in one training run")
    NOT_DETECTABLE = ("not detectable", "leaves no trace that weights can show")
    NOTHING_COMPARABLE = ("nothing comparable", "no parts in common that a test could use")
    UNTRAINED = ("untrained", "one side holds no learned structure")
    SYNTHETIC_DATA = ("synthetic-data training", "trained on what the other wrote")
    STRONG_MODIFICATION = ("strong modification", "little of the parent is left")
    MULTI_HOP_FADING = ("multi-hop fading", "the trace fades with every step")
    TEACHER_ENSEMBLE = ("teacher ensemble", "several teachers at once")
    MANY_PARENT_MERGE = ("many-parent merge", "many parents, or shares near zero")
    INDEPENDENT_EXPERTS = ("independently trained experts", "experts of different origin in one model")
    ARCHITECTURE_SEARCH = ("architecture search population", "weights handed on within a search")
    FEDERATED_LEARNING = ("federated learning", "averaged out of many trained elsewhere")
    MULTIMODAL_COMPOSITION = ("multimodal composition", "towers of different origin in one model")
    SPARSE_DENSE_CONVERSION = ("sparse-dense conversion", "a dense model out of a sparse one, or the reverse")
