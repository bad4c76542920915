"""The description of the API as a file: ``python -m stemma.web.document docs/openapi.json``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from stemma.usecases.browse.holding import Holding
from stemma.web.api.routes import description
from stemma.web.app import routes
from stemma.web.metrics import Metrics
from stemma.web.settings import Services, WebSettings
from stemma.web.state import State


def text() -> str:
    """The document."""
    state = State(WebSettings(), Services(), Holding(None, 0.0), Metrics())
    return json.dumps(description(routes(state)), indent=1, sort_keys=True, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
