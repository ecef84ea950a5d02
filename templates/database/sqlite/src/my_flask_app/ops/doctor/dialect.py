"""What the doctor looks for at a SQLite file.

Tested in ``tests/ops/test_doctor.py``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

from ...database.urls import file_of

if TYPE_CHECKING:
    from .setup import Setup

# Where Linux lists the file systems.
MOUNTS = Path("/proc/self/mounts")

# They have no locks that all machines keep to, and no memory that they share.
REMOTE = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "gluster", "lustre", "fuse.")

# At these places, the header of a file says whether it has a log.
HEADER = slice(18, 20)


def logged(setup: "Setup") -> Iterator[str]:
    """Readers and writers do not wait for each other, as the file has a log (WAL)."""
    _ = setup.connection
    with file_of(setup.engine.url).open("rb") as file:
        if file.read(HEADER.stop)[HEADER] != b"\2\2":
            yield (
                "The file has no log. `flask db upgrade` turns it on, if nothing else"
                " has the file open and its file system can have one."
            )


def local(setup: "Setup") -> Iterator[str]:
    """The file is on a disk of this machine."""
    file = file_of(setup.engine.url).resolve()
    if not MOUNTS.exists():
        return

    lines = [line.split() for line in MOUNTS.read_text().splitlines()]
    folders = {Path(folder): kind for _, folder, kind, *_ in lines}
    folder = next(it for it in file.parents if it in folders)
    if folders[folder].startswith(REMOTE):
        yield (
            f"{folder} is a network file system ({folders[folder]}), where SQLite loses"
            " data. Move the file to a disk of this machine."
        )


CHECKS: tuple[Any, ...] = (logged, local)
