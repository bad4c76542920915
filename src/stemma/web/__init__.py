"""The registry to look at: pages and an API over the same use cases, served by ``stemma serve``.

``create_app(settings)`` is an ASGI application. Its layers, from outside: what is observed of a request
(``middleware.observe``), headers (``middleware.headers``), bounds (``middleware.limits``), then routes. Pages are built
by :mod:`stemma.publish.html.elements`, so that server and site look alike and nothing a record says becomes markup.
"""

from __future__ import annotations

from stemma.web.app import create_app, routes
from stemma.web.settings import Services, WebSettings

__all__ = ["Services", "WebSettings", "create_app", "routes"]
