"""``stemma record ...``"""

from __future__ import annotations

from stemma.cli.parser import Group

app = Group(
    help="""Write model records: semantically versioned, inheriting descriptions of models and data.

    Records lie in a directory as NAME/NAME-VERSION.yaml: --registry, else $STEMMA_REGISTRY, else ./records. A RECORD is
    a YAML file, or NAME or NAME@RANGE of the registry (the newest version that the range allows).

    \b
    Examples:
      stemma record new my-model --from llama2-13b
      stemma record show my-model --origins
      stemma record validate records
    """,
    commands={
        "new": "stemma.cli.record.start:new",
        "import": "stemma.cli.record.importing:import_",
        "validate": "stemma.cli.record.check:validate",
        "fmt": "stemma.cli.record.check:fmt",
        "show": "stemma.cli.record.show:show_",
        "resolve": "stemma.cli.record.show:resolve",
        "diff": "stemma.cli.record.versions:diff",
        "bump": "stemma.cli.record.versions:bump",
        "lock": "stemma.cli.record.versions:lock",
        "migrate": "stemma.cli.record.check:migrate",
    },
)
