"""The CPU time that it takes to generate a project."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from . import table
from .turns import in_turns

ROOT = Path(__file__).parents[1]
ROUNDS = 9
AIM = 1.8
TITLE = "CPU of generating a project, ms"


def compare(folder: Path) -> None:
    """Generate the default project and one of a single file, hooks included.

    :param folder: where the template with the single file is to be.
    """
    one_file = write_template_with_one_file(folder / "one_file")
    measurements = {
        "A template with one file": partial(milliseconds, one_file),
        "This template": partial(milliseconds, ROOT),
    }
    for measure in measurements.values():
        measure()  # Python compiles what it imports for the first time.

    table.show(TITLE, in_turns(measurements, ROUNDS), {"This template": AIM})


def write_template_with_one_file(template: Path) -> Path:
    project = template / "{{ cookiecutter.project_slug }}"
    project.mkdir(parents=True)
    (project / "README.md").write_text("# {{ cookiecutter.project_slug }}\n")
    answers = {"project_slug": "my_flask_app"}
    (template / "cookiecutter.json").write_text(json.dumps(answers))
    return template


def milliseconds(template: Path) -> float:
    """Return the CPU time of a run of cookiecutter and of what it runs."""
    with TemporaryDirectory(prefix="benchmarks-") as output:
        process = start(template, Path(output))
        _, status, usage = os.wait4(process.pid, 0)

    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)

    return (usage.ru_utime + usage.ru_stime) * 1000


def generate(output: Path, **answers: str) -> Path:
    """Generate a project from this template, and return its folder."""
    process = start(ROOT, output, **answers)
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, process.args)

    return output / "my_flask_app"


def start(template: Path, output: Path, **answers: str) -> "subprocess.Popen[bytes]":
    """Run cookiecutter with its default settings, which it keeps in the output."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "cookiecutter", "--no-input", "--default-config"),
            *("--output-dir", output, template),
            *(f"{name}={answer}" for name, answer in answers.items()),
        ],
        env=os.environ | {"HOME": str(output)},
    )
