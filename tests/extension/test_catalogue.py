import pytest

from template_extension.catalogue import constant
from template_extension.catalogue import dialects
from template_extension.catalogue import Driver
from template_extension.catalogue import drivers
from template_extension.catalogue import drivers_of
from template_extension.catalogue import header
from template_extension.catalogue import TEMPLATES
from template_extension.catalogue import without_header

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


def test_a_module_without_a_header_stays_as_it_is() -> None:
    text = without_header(MODULE)

    assert header(text) == {}
    assert without_header(text) == text


def test_a_constant_is_read_from_its_module() -> None:
    assert constant(MODULE, "NAMES") == {"sample": "sample"}
    with pytest.raises(LookupError):
        constant(MODULE, "PORTS")


def test_every_folder_is_known() -> None:
    databases = {path.name for path in (TEMPLATES / "database").iterdir()}
    known = {path.name for path in (TEMPLATES / "driver").iterdir()}

    assert {it.folder for it in dialects().values()} == databases - {"server"}
    assert drivers().keys() - {"pysqlite"} == known


@pytest.mark.parametrize("name", dialects())
def test_a_dialect_has_drivers_and_its_default_is_the_first(name: str) -> None:
    assert drivers_of(dialects()[name])[0] == dialects()[name].driver


@pytest.mark.parametrize("driver", drivers().values(), ids=lambda it: it.name)
def test_a_driver_brings_a_bounded_requirement(driver: Driver) -> None:
    bounded = ">=" in driver.requirement and ",<" in driver.requirement

    assert bounded is (driver.name != "pysqlite")
