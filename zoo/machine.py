"""Where training runs, and in which precision.

The sizes made for two cores train on the processor in float32, and the same bytes come out everywhere. A size made for
a machine with an accelerator trains there where one is found, products in bfloat16 over float32 weights; the same
machine and versions give the same bytes, others need not.
"""

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Machine:
    """`device` as torch names it, and whether products of matrices are taken in bfloat16."""

    device: str = "cpu"
    mixed: bool = False

    @property
    def accelerated(self) -> bool:
        return self.device != "cpu"

    @property
    def label(self) -> str:
        """What the device calls itself."""
        return str(torch.cuda.get_device_name()) if self.accelerated else "cpu"

    def forward(self) -> AbstractContextManager[object]:
        """What a forward pass runs in."""
        if not self.mixed:
            return nullcontext()
        return torch.autocast(self.device, dtype=torch.bfloat16)

    def send(self, tensor: Tensor) -> Tensor:
        """A tensor made on the processor, on the device; nothing waits for the copy."""
        return tensor.pin_memory().to(self.device, non_blocking=True) if self.accelerated else tensor


PLAIN = Machine()


def found_machine(accelerated: bool) -> Machine:
    """The machine for a size: the processor in float32, or the accelerator (where there is none, the processor)."""
    if not accelerated:
        return PLAIN
    return Machine("cuda" if torch.cuda.is_available() else "cpu", mixed=True)


def make_repeatable() -> None:
    """One thread, and only operations that give the same bytes every time."""
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False
