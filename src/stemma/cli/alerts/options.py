"""Options that the commands about alerts share."""

from __future__ import annotations

from typing import Annotated

from stemma.cli.parser import Argument

TERMS_HELP = "KEY=VALUE: model, owner, licence, risk, severity, certainty, advisory or query. All have to hold."
TermsArgument = Annotated[list[str] | None, Argument(help=TERMS_HELP)]
NameArgument = Annotated[str, Argument(help="Name of a subscription.")]
