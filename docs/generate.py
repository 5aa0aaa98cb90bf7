"""
`make docs`: writes the pages that are made from the code, so that they cannot drift from it.

`python -m docs.generate --check` writes nothing and fails when a page is out of date.
"""

import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from docs.figures import TITLES, rows
from liveavatar_emulator.fault_table import KINDS, TIMES
from liveavatar_ops.health.explain import explained, value_in_words
from liveavatar_ops.health.next_steps import NEXT_STEPS
from liveavatar_ops.health.report.schema import schema_text
from liveavatar_ops.health.settings import OpsSettings
from pulumi_liveavatar.settings import Settings

FOLDER = Path(__file__).parent
OWN_DEFAULTS = {
    "state": "`$XDG_STATE_HOME/liveavatar-ops`",
    "xdg_state_home": "`~/.local/state`",
}
MADE = "<!-- Made by `make docs`; edit the code instead. -->"


def table(titles: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [titles, tuple("---" for _ in titles), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)


def limits() -> str:
    """Every limit of a check."""
    titles = ("limit", "default", "what for", "where it comes from")
    parts = [
        f"## {section}\n\n"
        + table(titles, [(f"`{r.name}`", value_in_words(r.value, r.unit), r.reason, r.source) for r in rows])
        for section, rows in groupby(explained(), key=lambda row: row.section)
    ]
    tables = "\n\n".join(parts)
    return f"""# Limits of a check

{MADE}

What a check judges by. Override one in a template's `health:` block, or by `--limit name=value`, which wins:

```yaml
# infra/catalog/templates/front-desk.yaml, or the file given to --template-file
health:
  first_frame_degraded_s: 4    # guests stand in front of it: slower than this is worth a warning
  black_detail_share: 0.005    # a night scene: a few lights are enough to be a picture
  sandbox: true                # no limit: open check sessions in LiveAvatar's sandbox, which costs nothing
```

`liveavatar-ops health explain --stack prod --template front-desk` shows what holds for one template. Only one
that shows LiveAvatar's sandbox avatar can be checked in the sandbox (see [watching.md](watching.md#cost)).

{tables}
"""


def settings() -> str:
    """Every setting: environment first, stack config second."""
    rows = []
    for field in Settings.model_fields.values():
        names = [str(choice) for choice in field.validation_alias.choices]  # type: ignore[union-attr] # always choices
        variables = ", ".join(f"`{n}`" for n in names if ":" not in n)
        keys = ", ".join(f"`{n}`" for n in names if ":" in n)
        default = "required" if field.is_required() else str(field.default)
        rows.append((variables, keys, default, field.description or ""))
    own_rows = [
        (f"`{field.validation_alias}`", OWN_DEFAULTS[name], field.description or "")
        for name, field in OpsSettings.model_fields.items()
    ]
    return f"""# Settings

{MADE}

The environment comes first, the stack's config second, so that `refresh` and `destroy` use today's key.

{table(("variable", "config key", "default", "what for"), rows)}

Of the commands alone, from the environment:

{table(("variable", "default", "what for"), own_rows)}

Addresses of a watcher's channels stand in variables that `watch.yaml` names; `liveavatar-emulator --help`
lists the emulator's own.
"""


def faults() -> str:
    """Every fault of the emulator."""
    rows = [
        (f"`{name}`", kind.on, ", ".join(f"`{k}={v}`" for k, v in kind.params.items()), kind.says)
        for name, kind in KINDS.items()
    ]
    return f"""# Faults of the emulator

{MADE}

Given in one of three ways, at the start (`liveavatar-emulator serve --help`) or while it runs. Faults
that the avatar plays also take {" and ".join(f"`{t}`" for t in TIMES)}.

```sh
liveavatar-emulator serve --fault black:after_s=3,for_session=1
liveavatar-emulator serve --scenario alarm.yaml --port 8800
```

```yaml
# alarm.yaml, a scenario: a list, in which a bare name takes the fault's defaults
- fault: black
  for_session: 1
- fault: {{name: server_error, status: 503}}
  path: ^/v1/sessions/start
```

```sh
# the admin API, while it runs: one fault a call, always an object with a name
curl -H 'Content-Type: application/json' http://127.0.0.1:8800/_emulator/faults \\
  -d '{{"fault": {{"name": "black", "after_s": 3}}, "for_session": 1}}'
curl -X DELETE http://127.0.0.1:8800/_emulator/faults
```

{table(("fault", "acts on", "parameters", "what a caller sees"), rows)}
"""


def causes() -> str:
    """Every cause, and what to do next."""
    rows = [(f"`{cause.value}`", step) for cause, step in NEXT_STEPS.items()]
    return f"""# Causes

{MADE}

Every verdict but `healthy` names one cause: who has to act, or where to look first.

{table(("cause", "next step"), rows)}
"""


def figures() -> str:
    """What was measured, from the kept results."""
    return f"""# Figures

{MADE.replace("edit the code", "measure again")}

What was measured on a machine of two cores, from the files in `bench/results`, where every raw figure stands.
[How each is made](benchmarks.md).

{table(TITLES, list(rows()))}
"""


PAGES: dict[str, Callable[[], str]] = {
    "limits.md": limits,
    "settings.md": settings,
    "faults.md": faults,
    "causes.md": causes,
    "figures.md": figures,
    "schema/health-result.json": schema_text,
}


def main(check: bool) -> int:
    """Exit code 1 when a page is out of date and must not be written."""
    stale = [name for name, make in PAGES.items() if _old(name) != make()]
    for name in stale:
        if check:
            sys.stderr.write(f"docs/{name} is out of date; type: make docs\n")
        else:
            (FOLDER / name).write_text(PAGES[name]())
    return 1 if check and stale else 0


def _old(name: str) -> str:
    file = FOLDER / name
    return file.read_text() if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
