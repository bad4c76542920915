"""``stemma token ...``"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from stemma.cli.output import say, write
from stemma.cli.parser import Argument, Group, Option

app = Group(
    help="""Tokens by which a server knows who writes, or reads where reading is closed.

    \b
    Examples:
      stemma token add "Ada at Acme" --namespace acme --write
      stemma token list
      stemma token revoke 1f2e3d4c
    """,
    commands={
        "add": "stemma.cli.token_commands:add",
        "list": "stemma.cli.token_commands:show",
        "revoke": "stemma.cli.token_commands:revoke",
    },
)
TokensOption = Annotated[
    Path | None, Option("--tokens", help="The file of tokens. Default: STEMMA_TOKENS, else among your settings.")
]
RegistryOption = Annotated[
    str | None, Option("--registry", "-r", help="Whose audit log is to say so. Default: STEMMA_REGISTRY.")
]


def add(
    name: Annotated[str, Argument(help="Whose token it is.")],
    namespace: Annotated[
        list[str] | None, Option("--namespace", help="A beginning of names that it covers, or *; may be given again.")
    ] = None,
    writes: Annotated[bool, Option("--write", help="It may also write.")] = False,
    days: Annotated[int, Option("--days", min=1, max=3660, help="How long it holds.")] = 90,
    tokens: TokensOption = None,
    registry: RegistryOption = None,
) -> None:
    """Make a token and print it, this once; only its digest is kept.

    \b
    Examples:
      stemma token add "Ada at Acme" --namespace acme --write
      stemma token add reader --namespace "*" --days 30
    """
    from stemma.usecases.browse.tokens import add_token, tokens_path

    now = datetime.now(UTC)
    made, secret = add_token(
        tokens_path(tokens), name, writes=writes, namespaces=tuple(namespace or ()), days=days, now=now
    )
    _log("token.add", f"{made.id} {made.name}", registry)
    say(f"{made.id}, until {made.expires}. This is shown once:")
    write(secret, None)


def show(tokens: TokensOption = None) -> None:
    """List the tokens: id, whose, what it may, until when. None is shown itself.

    \b
    Examples:
      stemma token list
    """
    from stemma.publish.figures import visible
    from stemma.usecases.browse.tokens import read_tokens, tokens_path

    lines = [
        f"{each.id}  {visible(each.name)}  {'reads, writes' if each.writes else 'reads'}  {' '.join(each.namespaces)}  "
        + (f"revoked {each.revoked}" if each.revoked else f"until {each.expires}")
        for each in read_tokens(tokens_path(tokens))
    ]
    write("\n".join(lines) or "No token was made yet.", None)


def revoke(
    token: Annotated[str, Argument(help="The id of a token, as stemma token list shows it.")],
    tokens: TokensOption = None,
    registry: RegistryOption = None,
) -> None:
    """Refuse a token from now on, on every server that reads this file.

    \b
    Examples:
      stemma token revoke 1f2e3d4c
    """
    from stemma.usecases.browse.tokens import revoke_token, tokens_path

    revoked = revoke_token(tokens_path(tokens), token, datetime.now(UTC))
    _log("token.revoke", f"{revoked.id} {revoked.name}", registry)
    say(f"{revoked.id} ({revoked.name}) is refused from {revoked.revoked} on.")


def _log(action: str, subject: str, registry: str | None) -> None:
    """In the audit log of the registry, where one is named."""
    import os

    from stemma.usecases.registry import ENVIRONMENT, opened

    if registry or os.environ.get(ENVIRONMENT):
        with opened(registry) as stores:
            stores.audit.append(action, subject)
