"""``flask doctor``: what would hurt in this set-up, and what to do about it.

Flask finds the command in the metadata of the package, so it is there when the
application cannot start. Tested in ``tests/ops/test_doctor.py``.
"""

import json
import sys
import textwrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from .looking import Finding

COLOURS = {"ok": "green", "wrong": "red", "skipped": "yellow"}
BELOW = textwrap.TextWrapper(
    88, " " * 11, " " * 11, break_long_words=False, break_on_hyphens=False
)


@click.command("doctor")
@click.option("--instances", default=1, help="How many machines or containers serve.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, not a table.")
def doctor(instances: int, as_json: bool) -> None:
    """Say what would hurt in this set-up, and change nothing.

    The exit status is 0 if nothing is wrong, and 1 if something is.
    """
    from .looking import examine

    found = examine(instances)
    objects = [finding._asdict() for finding in found]
    click.echo(json.dumps(objects, indent=2) if as_json else table(found))
    sys.exit(any(finding.status == "wrong" for finding in found))


def table(found: "list[Finding]") -> str:
    lines = []
    for _, status, sentence, says in found:
        lines.append(f"  {click.style(f'{status:9}', COLOURS[status])}{sentence}")
        lines += [line for text in says for line in BELOW.wrap(text)]

    statuses = [finding.status for finding in found]
    totals = ", ".join(f"{statuses.count(it)} {it}" for it in COLOURS)
    return "\n".join([*lines, "", totals])
