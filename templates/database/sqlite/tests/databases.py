"""The database that the tests use."""

import pytest


class TestDatabase:
    """A file in an empty folder, another one each time that it is made anew."""

    # It is no class of tests.
    __test__ = False

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.folders = request.getfixturevalue("tmp_path_factory")
        self.url = ""
        self.is_migrated = False

    @staticmethod
    def is_for_each_process() -> bool:
        return True

    def make_anew(self) -> str:
        """Return the URL of a database with nothing in it."""
        self.url = f"sqlite:///{self.folders.mktemp('database') / 'test.db'}"
        self.is_migrated = False
        return self.url

    def drop(self) -> None:
        """Leave the file to pytest, which removes old folders."""
