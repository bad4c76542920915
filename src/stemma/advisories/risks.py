"""What can be wrong with a model or with data: the kinds of risk that an advisory names."""

from __future__ import annotations

from stemma.vocabulary import Term


class RiskKind(Term):
    """What an advisory warns of. Along which relations each travels: :func:`stemma.advisories.load_propagation`."""

    HARMFUL_CONTENT = ("harmful-content", "harmful or illegal content in data")
    PERSONAL_DATA = ("personal-data", "data about identifiable people")
    COPYRIGHT = ("copyright", "works used without a licence")
    POISONING = ("poisoning", "data placed to change what a model learns")
    CONTAMINATION = ("contamination", "benchmark data among the training data")
    BACKDOOR = ("backdoor", "behaviour that a hidden trigger sets off")
    UNSAFE_BEHAVIOUR = ("unsafe-behaviour", "harmful answers or abilities")
    BIAS = ("bias", "unfair treatment of groups of people")
    LICENCE = ("licence", "an obligation or a withdrawn right to use")
    TAMPERING = ("tampering", "weights that are not what they are said to be")
    MALICIOUS_FILE = ("malicious-file", "code in a file that runs when it is loaded")
    UNSPECIFIED = ("unspecified", "a risk whose kind the advisory does not name")


class Severity(Term):
    """How bad it is; later members are worse."""

    UNKNOWN = ("unknown", "not stated")
    LOW = ("low", "low")
    MODERATE = ("moderate", "moderate")
    HIGH = ("high", "high")
    CRITICAL = ("critical", "critical")

    @property
    def rank(self) -> int:
        """Grows with severity; 0 where it is not stated."""
        return list(Severity).index(self)
