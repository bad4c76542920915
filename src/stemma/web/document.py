"""The description of the API as a file: ``python -m stemma.web.document docs/openapi.json``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from stemma.web.api.routes import description
from stemma.web.app import routes, state_for
from stemma.web.settings import Services, WebSettings


def text() -> str:
    """The document."""
    app = routes(state_for(WebSettings(), Services()))
    return json.dumps(description(app), indent=1, sort_keys=True, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
