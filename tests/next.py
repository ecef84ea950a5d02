"""Whether ``make test-next`` tests something newer than the releases.

Run with the folder of the releases; whatever is not newer ends it with status 1.
"""

import sys
from importlib.metadata import Distribution
from importlib.metadata import distribution
from importlib.metadata import distributions

from packaging.version import Version

PACKAGES = ["flask", "werkzeug", "flask-sqlalchemy"]

# Its main branch has had no other version since its last release.
SAME_VERSION = "flask-sqlalchemy"


def is_newer(name: str, installed: Distribution, released: Distribution) -> bool:
    one, other = Version(installed.version), Version(released.version)
    if name == SAME_VERSION and one == other:
        return code(installed) != code(released)

    return one > other


def code(package: Distribution) -> dict[str, str]:
    """Return the hashes of a package's modules."""
    return {
        str(file): file.hash.value
        for file in package.files or []
        if file.suffix == ".py" and file.hash is not None
    }


def main(folder: str) -> None:
    for name in PACKAGES:
        installed = distribution(name)
        (released,) = distributions(name=name, path=[folder])
        text = f"{name} {installed.version}, and {released.version} is released"
        if not is_newer(name, installed, released):
            sys.exit(f"{text}: there is nothing newer to test")

        print(text)


if __name__ == "__main__":
    main(sys.argv[1])
