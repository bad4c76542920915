"""``stemma serve``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from stemma.cli.output import say
from stemma.cli.parser import Option


def serve(
    registry: Annotated[
        str | None,
        Option("--registry", "-r", help="A directory, or the URL or file of a database. Default: STEMMA_REGISTRY."),
    ] = None,
    host: Annotated[str, Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, Option("--port", "-p", min=0, max=65535, help="Port to listen at; 0: any free one.")] = 8080,
    title: Annotated[str, Option("--title", help="The name of this place, on every page.")] = "Model records",
    closed: Annotated[bool, Option("--closed", help="Reading takes a token as well.")] = False,
    tokens: Annotated[
        Path | None, Option("--tokens", help="The file of tokens. Default: STEMMA_TOKENS, else among your settings.")
    ] = None,
    catalog: Annotated[
        Path | None,
        Option("--catalog", "-c", help="A catalog that visitors may scan fingerprints against."),
    ] = None,
    hub_secret: Annotated[
        Path | None,
        Option(
            "--hub-secret", help="A file with the secret of the hub's webhooks; they are taken at /hooks/huggingface."
        ),
    ] = None,
    oidc: Annotated[
        Path | None, Option("--oidc", help="A file with the provider of OpenID Connect that people sign in with.")
    ] = None,
    rate: Annotated[float, Option("--rate", min=0, help="Requests a second for one client; 0: no bound.")] = 50.0,
    behind_proxy: Annotated[
        bool, Option("--behind-proxy", help="A proxy on this machine says who the client is, and speaks TLS to it.")
    ] = False,
) -> None:
    """Serve a registry to browsers and programs, until told to stop. Needs the extra web.

    It loads nothing from elsewhere. Requests are logged to standard error, one line of JSON each.

    \b
    Examples:
      stemma serve --registry records
      stemma serve --registry sqlite:///models.db --port 8000
      stemma serve --registry models.db --hub-secret secret.txt
      stemma serve --registry postgresql://stemma@db/stemma --host 0.0.0.0 --behind-proxy
    """
    from stemma.usecases.browse.extra import require_web
    from stemma.usecases.registry import opened

    require_web()
    from stemma.interop.oidc import read_settings
    from stemma.web import WebSettings, create_app
    from stemma.web.server import listen
    from stemma.web.server import serve as run

    with opened(registry):
        pass  # what is wrong with the registry is said before anything listens
    listener = listen(host, port)
    name = f"[{host}]" if ":" in host else host
    say(f"stemma: serving at http://{name}:{listener.getsockname()[1]}/")
    settings = WebSettings(
        registry,
        title,
        rate=rate,
        secure_cookies=behind_proxy,
        closed=closed,
        tokens=tokens,
        catalog=catalog,
        hub_secret=_secret(hub_secret),
        oidc=None if oidc is None else read_settings(oidc),
    )
    run(create_app(settings), listener, behind_proxy=behind_proxy)


def _secret(path: Path | None) -> str:
    """The secret that a file holds, without the white space around it."""
    from stemma.errors import InputError

    if path is None:
        return ""
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} holds no secret: {error}.", advice="Name a text file.") from error
    if not 16 <= len(secret) <= 200:
        raise InputError(f"The secret in {path} has {len(secret)} characters, expected 16 to 200.")
    return secret
