"""PEFT adapters: applied to their base on read, or taken apart where there is no base."""

from stemma.weights.adapters.apply import adapter_parts, apply_adapter
from stemma.weights.adapters.detect import detect
from stemma.weights.adapters.names import AdapterPart, Kind

__all__ = ["AdapterPart", "Kind", "adapter_parts", "apply_adapter", "detect"]
