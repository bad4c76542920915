"""``stemma alerts ...`` and ``stemma watch ...``"""

from __future__ import annotations

from stemma.cli.parser import Group

app = Group(
    help="""See what advisories have reached, acknowledge it, publish it as a feed, send it to subscribers.

    Alerts are raised by themselves, together with the advisory, record or ruling that causes them. A TERM is KEY=VALUE:
    model, owner, licence, risk, severity, certainty, advisory or query; all terms that are given have to hold, and
    commas part alternatives (risk=backdoor,poisoning).

    \b
    Examples:
      stemma alerts list owner=acme
      stemma alerts ack 3f1c0d9a77e2 --by "Ann Example"
      stemma alerts feed model=plip -o plip.atom
      stemma alerts deliver
    """,
    commands={
        "list": "stemma.cli.alerts.notices:list_",
        "ack": "stemma.cli.alerts.notices:ack",
        "feed": "stemma.cli.alerts.notices:feed",
        "refresh": "stemma.cli.alerts.notices:refresh",
        "deliver": "stemma.cli.alerts.sending:deliver",
        "replay": "stemma.cli.alerts.sending:replay",
    },
)
watch = Group(
    help="""Say what is to be told to whom, and look for changes on the hub.

    \b
    Examples:
      stemma watch add owner=acme severity=high --url https://example.org/hooks/stemma
      stemma watch list
      stemma watch check
    """,
    commands={
        "add": "stemma.cli.alerts.watching:add",
        "list": "stemma.cli.alerts.watching:list_",
        "pause": "stemma.cli.alerts.watching:pause",
        "resume": "stemma.cli.alerts.watching:resume",
        "remove": "stemma.cli.alerts.watching:remove",
        "check": "stemma.cli.alerts.watching:check",
    },
)
