"""A terminal at which somebody answers the template's questions."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pexpect

ROOT = Path(__file__).parents[1]
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A command in a terminal of its own, in an empty home.

    :param home: a folder; what the command leaves is in it.
    """

    def __init__(self, home: Path, command: "Sequence[str | Path]") -> None:
        self.home = home
        program, *arguments = map(str, command)
        self.process = pexpect.spawn(
            program,
            arguments,
            cwd=str(home),
            env=environment(home),
            encoding="utf-8",
            dimensions=(60, 200),
            timeout=60,
        )
        self.shown = ""

    def answer(self, number: int, answer: str) -> None:
        """Wait for a question, and type an answer."""
        self.read_until(question(number))
        self.process.sendline(answer)

    def interrupt_at(self, number: int, key: str) -> None:
        """Wait for a question, and press a key with Control."""
        self.read_until(question(number))
        # A signal that comes just before Python waits for input is lost on it.
        self.process.delaybeforesend = 0.3
        self.process.send(chr(ord(key) & 0x1F))

    def read_until(self, pattern: str) -> None:
        """Read until the plain text of what is shown has a pattern at its end."""
        self.shown_since = ""
        while not re.search(pattern + r"\Z", self.shown_since, re.DOTALL):
            self.shown_since += self.plain(self.process.read_nonblocking(1000))

    def plain(self, text: str) -> str:
        text = ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "")
        self.shown += text
        return text

    def wait(self) -> int:
        """Wait until the command ends, and return its exit status."""
        self.plain(self.process.read())
        self.process.close()
        return -1 if self.process.exitstatus is None else self.process.exitstatus


def question(number: int) -> str:
    """Return a pattern; Cookiecutter 2.3 counts what it does not ask, too."""
    return rf"\[(?:{number}/9|\d+/\d\d)\].*?\): "


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which nobody has set anything, with a folder for it."""
    temporary = home / "tmp"
    temporary.mkdir(exist_ok=True)
    return {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "TERM": "xterm-256color",
        "TMPDIR": str(temporary),
        "USERPROFILE": str(home),
    }


def files_with(text: str, folder: Path) -> list[str]:
    """Return the paths of the files below a folder that hold a text."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    found = [path for path in paths if text.encode() in path.read_bytes()]
    return sorted(path.relative_to(folder).as_posix() for path in found)
