"""What ``adapter_config.json`` says that the tensors do not: the scale, the orientation, the tokens."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from stemma.errors import MalformedFile, UnsupportedFormat
from stemma.immutable import immutable

FILE = "adapter_config.json"
_PROMPTS = frozenset(("PREFIX_TUNING", "PROMPT_TUNING", "P_TUNING", "MULTITASK_PROMPT_TUNING", "CPT", "CARTRIDGE"))
_LOW_RANK = frozenset(("LORA", "ADALORA", "QLORA", "TRAINABLE_TOKENS"))
_ALTERS_BASE = ("pissa", "olora", "corda", "loftq", "lora_ga")
_LITERAL = re.compile(r"[\w.\-]+")


@immutable
class Settings:
    """The facts of an adapter's config that a merge needs."""

    config: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """``peft_type`` in capitals. Raises MalformedFile without one."""
        kind = self.config.get("peft_type")
        if not isinstance(kind, str):
            raise MalformedFile(FILE, f"peft_type {kind!r}"[:200], "the name of a PEFT method")
        return kind.upper()

    @property
    def is_prompt(self) -> bool:
        """True for methods that add virtual tokens and change no weight."""
        return self.kind in _PROMPTS

    @property
    def is_low_rank(self) -> bool:
        """True for methods whose change is a product of two matrices, or rows of their own."""
        return self.kind in _LOW_RANK

    @property
    def fan_in_fan_out(self) -> bool:
        """True where the base stores its matrices as (in, out)."""
        return self.config.get("fan_in_fan_out") is True

    def check(self) -> None:
        """Raises UnsupportedFormat for what a merge of low-rank matrices cannot express."""
        if not self.is_low_rank:
            raise _unsupported(f"the method {self.kind}")
        start = self.config.get("init_lora_weights")
        if isinstance(start, str) and start.lower().startswith(_ALTERS_BASE):
            raise _unsupported(f"the initialisation {start}, which also changes the base")
        for key in ("layer_replication", "alora_invocation_tokens", "use_qalora", "use_bdlora"):
            if self.config.get(key):
                raise _unsupported(key)

    def scale(self, module: str, rank: float) -> float:
        """The factor of B @ A at ``module``: alpha / r, alpha / sqrt(r), or alpha / (r + 1e-5) in AdaLoRA."""
        alpha = _number(self._pattern("alpha_pattern", module, self.config.get("lora_alpha")), "lora_alpha")
        if self.kind == "ADALORA":
            return (alpha if alpha > 0 else rank) / (rank + 1e-5)
        return alpha / math.sqrt(rank) if self.config.get("use_rslora") is True else alpha / rank

    def rank(self, module: str) -> int | None:
        """The rank that the config claims for ``module``, where it claims one."""
        claim = self._pattern("rank_pattern", module, self.config.get("r"))
        return claim if isinstance(claim, int) and self.kind == "LORA" else None

    def tokens(self, module: str) -> tuple[int, ...]:
        """Rows that trained tokens replace at the embedding ``module``. Raises MalformedFile if they are no numbers."""
        claim = self.config.get("trainable_token_indices", self.config.get("token_indices"))
        if isinstance(claim, Mapping):
            claim = next((rows for key, rows in claim.items() if _applies(key, module)), None)
        if not isinstance(claim, list) or not all(isinstance(row, int) and row >= 0 for row in claim):
            raise MalformedFile(FILE, "no list of trained tokens", f"trainable_token_indices for {module}")
        return tuple(claim)

    def _pattern(self, key: str, module: str, default: Any) -> Any:
        patterns = self.config.get(key)
        if not isinstance(patterns, Mapping):
            return default
        return next((value for name, value in patterns.items() if _applies(name, module)), default)


def _applies(pattern: object, module: str) -> bool:
    """PEFT matches the end of a module's name; patterns that are real expressions are refused, not executed."""
    text = str(pattern).replace("\\.", ".")
    whole, text = text.startswith("^"), text.removeprefix("^").removesuffix("$")
    if not _LITERAL.fullmatch(text):
        raise _unsupported(f"the module pattern {pattern!r}"[:200])
    return module == text or (not whole and module.endswith("." + text))


def _number(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise MalformedFile(FILE, f"{key} {value!r}"[:200], "a finite number")
    return float(value)


def _unsupported(what: str) -> UnsupportedFormat:
    return UnsupportedFormat(
        f"{FILE}: an adapter with {what} cannot be applied here.",
        advice="Merge it into its base with peft, save the result, and give that.",
    )
