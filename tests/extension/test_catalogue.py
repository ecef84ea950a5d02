import re
from pathlib import Path

import pytest

from template_extension.catalogue import constant
from template_extension.catalogue import Dialect
from template_extension.catalogue import dialects
from template_extension.catalogue import Driver
from template_extension.catalogue import drivers
from template_extension.catalogue import drivers_of
from template_extension.catalogue import header
from template_extension.catalogue import MODULES
from template_extension.catalogue import named_in_errors
from template_extension.catalogue import PYSQLITE
from template_extension.catalogue import SQL
from template_extension.catalogue import TEMPLATES
from template_extension.catalogue import without_header
from template_extension.names import taken

DIALECTS = list({it.folder: it for it in dialects().values()}.values())
DRIVERS = [it for it in drivers().values() if it is not PYSQLITE]
MODULE = '''# /// template
# title: Sample
# drivers: [one, other]
# ///
"""What is particular to it."""

NAMES = {"sample": "sample"}
'''


def test_a_header_is_read_and_taken_away() -> None:
    assert header(MODULE) == {"title": "Sample", "drivers": ["one", "other"]}
    assert without_header(MODULE).startswith('"""What is particular')


def test_a_module_must_begin_with_a_header() -> None:
    with pytest.raises(ValueError, match="does not begin with"):
        header(without_header(MODULE))


@pytest.mark.parametrize("annotation", ["", ": dict[str, str]"])
def test_a_constant_is_read_from_its_module(annotation: str) -> None:
    module = MODULE.replace("NAMES", f"NAMES{annotation}")

    assert constant(module, "NAMES") == {"sample": "sample"}
    with pytest.raises(LookupError):
        constant(module, "PORTS")


def test_a_mistake_of_a_maintainer_is_shown_with_its_file() -> None:
    with pytest.raises(RuntimeError, match=r"^sample\.py: a mistake"):
        with named_in_errors(Path("sample.py")):
            raise TypeError("a mistake")


def test_every_folder_is_known() -> None:
    databases = {path.name for path in (TEMPLATES / "database").iterdir()}
    known = {path.name for path in (TEMPLATES / "driver").iterdir()}

    assert {it.folder for it in DIALECTS} == databases - {"server"}
    assert {it.name for it in DRIVERS} == known


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda it: it.folder)
def test_a_dialect_is_complete(dialect: Dialect) -> None:
    on_a_server = dialect.folder != "sqlite"
    containers = TEMPLATES / "container"

    assert drivers_of(dialect)[0] == dialect.driver
    assert dialect.sql.keys() == (SQL if on_a_server else set())
    assert bool(dialect.images) is (containers / dialect.folder).exists()
    assert dialect.images.keys() <= set(dialect.names.values())
    assert bool(dialect.port) is on_a_server


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda it: it.name)
def test_a_driver_is_complete(driver: Driver) -> None:
    path = TEMPLATES / "driver" / driver.name / MODULES / "driver.py"

    assert constant(path.read_text(), "NAME") == driver.name
    assert driver.dialects and set(driver.dialects) <= {it.folder for it in DIALECTS}
    assert bool(driver.unblocked_by) <= bool(driver.blocking)


REQUIREMENTS = [
    *(it.requirement for it in DRIVERS),
    *(it.greenlet_requirement for it in DRIVERS),
    *(it.requirement for it in DIALECTS),
]


@pytest.mark.parametrize("requirement", [*filter(None, REQUIREMENTS)])
def test_a_requirement_is_bounded_and_no_project_has_its_name(requirement: str) -> None:
    name = re.split(r"[\[>]", requirement)[0].lower().replace("-", "_")

    assert ">=" in requirement and ",<" in requirement
    assert name in taken()


@pytest.mark.parametrize("module", [it.module for it in DRIVERS if it.module])
def test_no_project_has_the_name_of_a_drivers_module(module: str) -> None:
    assert module.partition(".")[0].lower() in taken()
