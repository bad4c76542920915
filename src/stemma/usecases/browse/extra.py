"""What a server takes beyond the core."""

from __future__ import annotations

from importlib.util import find_spec

from stemma.errors import InputError

_NEEDED = ("fastapi", "uvicorn", "prometheus_client", "multipart", "joserfc")


def require_web() -> None:
    """Raises InputError, which names the extra, where something is not installed."""
    missing = [
        name for name in ("fastapi", "uvicorn", "prometheus_client", "multipart", "joserfc") if find_spec(name) is None
    ]
    if missing:
        raise InputError(f"A server needs {', '.join(missing)}.", advice="Run: pip install 'stemma[web]'")
