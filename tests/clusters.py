"""Servers that stand behind one URL: pairs, clusters, and what is in front of them."""

import re
import signal
import subprocess
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import ExitStack
from pathlib import Path

from tests import needs
from tests.servers import accepts
from tests.servers import free_port
from tests.servers import launch
from tests.servers import MariaDB
from tests.servers import PostgreSQL
from tests.servers import run
from tests.servers import stopped_at_the_end
from tests.servers import unprivileged_user
from tests.servers import wait_until
from tests.servers import wait_until_it_answers

HAPROXY = """
defaults
    mode tcp
    timeout connect 2s
    timeout client 1m
    timeout server 1m

listen nodes
    bind 127.0.0.1:{port}
    balance leastconn
    default-server on-marked-down shutdown-sessions
{servers}
"""


class Standby(PostgreSQL):
    """A standby that has what a primary has, and gets what that commits."""

    def __init__(self, folder: Path, primary: PostgreSQL) -> None:
        self.primary = primary
        super().__init__(folder)

    def make_data(self, programs: Path) -> None:
        command: list[str | Path] = [programs / "pg_basebackup", "-D", self.data]
        command += ["-R", "-c", "fast", "-d", self.primary.conninfo]
        run(command, self.user)

    def create_app(self) -> None:
        """Do nothing, as it comes from the primary."""


class GaleraNode(MariaDB):
    """One of the nodes of a cluster, all of which can write.

    :param others: those that were there before; the first one has none.
    """

    def __init__(self, folder: Path, others: "Sequence[GaleraNode]" = ()) -> None:
        self.ports = [free_port() for _ in range(3)]
        self.others = others
        super().__init__(folder)

    def install(self) -> "list[str | Path]":
        peer, transfer, rest = (f"127.0.0.1:{port}" for port in self.ports)
        others = [f"127.0.0.1:{other.ports[0]}" for other in self.others]
        options = {
            "gmcast.listen_addr": f"tcp://{peer}",
            "ist.recv_addr": transfer,
            "gcache.size": "16M",
            # A node that is gone is noticed after a second.
            "evs.keepalive_period": "PT0.3S",
            "evs.suspect_timeout": "PT1S",
            "evs.inactive_timeout": "PT2S",
            "evs.inactive_check_period": "PT0.2S",
            "evs.join_retrans_period": "PT0.3S",
        }
        needs.program("rsync", "rsync")
        library = needs.file("/usr/lib/galera/libgalera_smm.so", "galera-4")
        return [
            *super().install(),
            "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2",
            "--wsrep-on=ON",
            f"--wsrep-provider={library}",
            f"--wsrep-provider-options={';'.join(map('='.join, options.items()))}",
            f"--wsrep-cluster-address=gcomm://{','.join(others)}",
            f"--wsrep-node-address={peer}",
            "--wsrep-sst-method=rsync",
            f"--wsrep-sst-receive-address={rest}",
        ]

    def create_app(self) -> None:
        if not self.others:
            super().create_app()

    def answers(self) -> bool:
        return super().answers() and self.state("local_state_comment") == "Synced"

    def start(self) -> None:
        """Start it; after a crash, the others send only what it has not yet."""
        state = self.folder / "data" / "grastate.dat"
        if state.exists() and "seqno:   -1" in state.read_text():
            self.recover()

        super().start()

    def recover(self) -> None:
        command = [*self.command, "--wsrep-recover"]
        launch(command, self.folder, self.user).wait(60)
        found = re.findall(r"Recovered position: (\S+)", self.log())
        option = "--wsrep-start-position="
        others = [it for it in self.command if not str(it).startswith(option)]
        self.command = [*others, f"{option}{found[-1]}"]

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def state(self, name: str) -> str:
        return str(self.execute(f"SHOW STATUS LIKE 'wsrep_{name}'")[0][1])

    def isolate(self, isolate: bool) -> None:
        """Neither hear nor tell the other nodes anything, or do so again."""
        option = f"gmcast.isolate={int(isolate)}"
        self.execute(f"SET GLOBAL wsrep_provider_options = '{option}'")

    def wait_for(self, status: str) -> None:
        """Wait until the node belongs to the majority, or to none."""
        wait_until(lambda: self.state("cluster_status") == status)


@contextmanager
def standby(folder: Path, primary: PostgreSQL) -> Iterator[Standby]:
    """Run a standby of a PostgreSQL server, which then waits for it.

    :param folder: an empty folder for its files.
    """
    server = Standby(folder, primary)
    with stopped_at_the_end(server):
        primary.wait_for_standby()
        yield server


@contextmanager
def galera(folder: Path) -> Iterator[list[GaleraNode]]:
    """Run a Galera cluster of three nodes.

    :param folder: an empty folder for its files.
    """
    nodes: list[GaleraNode] = []
    folder.chmod(0o755)
    with ExitStack() as stack:
        for number in range(3):
            own = folder / str(number)
            own.mkdir()
            node = GaleraNode(own, tuple(nodes))
            stack.enter_context(stopped_at_the_end(node))
            nodes.append(node)

        yield nodes


class PgBouncer:
    """PgBouncer in front of a server, for one transaction of a client at a time.

    :param folder: an empty folder for its files.
    :param pool_size: how many connections to each database of the server it opens.
    :param settings: lines for its file besides.
    """

    def __init__(
        self, folder: Path, server: PostgreSQL, pool_size: int, settings: str = ""
    ) -> None:
        self.bouncer = needs.program("pgbouncer", "pgbouncer")
        self.port = free_port()
        self.file = folder / "pgbouncer.ini"
        self.pool_size = pool_size
        self.settings = settings
        self.write(server)
        user = unprivileged_user(folder)
        self.process = launch([self.bouncer, self.file], folder, user)

    def write(self, server: PostgreSQL) -> None:
        self.file.write_text(
            f"""
[databases]
* = host=127.0.0.1 port={server.port} user=app

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {self.pool_size}
max_client_conn = 500
{without_prepared_statements(self.bouncer)}
{self.settings}
"""
        )

    def lead_to(self, server: PostgreSQL) -> None:
        """Read another server from the file, as what promotes one has it do."""
        self.write(server)
        self.process.send_signal(signal.SIGHUP)


@contextmanager
def pgbouncer(
    folder: Path, server: PostgreSQL, pool_size: int, settings: str = ""
) -> Iterator[PgBouncer]:
    """Run PgBouncer in front of a server, at a port of 127.0.0.1.

    :param folder: an empty folder for its files.
    :param pool_size: how many connections to each database of the server it opens.
    :param settings: lines for its file besides.
    """
    bouncer = PgBouncer(folder, server, pool_size, settings)
    address = ("127.0.0.1", bouncer.port)
    try:
        wait_until_it_answers(bouncer.process, folder, lambda: accepts(address))
        yield bouncer
    finally:
        bouncer.process.kill()
        bouncer.process.wait()


def without_prepared_statements(bouncer: str) -> str:
    """Return the setting for them, which PgBouncer has from version 1.21 on."""
    output = subprocess.run([bouncer, "--version"], capture_output=True, text=True)
    major, minor = re.findall(r"\d+", output.stdout)[:2]
    has_them = (int(major), int(minor)) >= (1, 21)
    return "max_prepared_statements = 0" if has_them else ""


@contextmanager
def haproxy(folder: Path, nodes: "Sequence[MariaDB]") -> Iterator[int]:
    """Run HAProxy in front of servers, and yield the port of 127.0.0.1 it is at.

    :param folder: an empty folder for its files.
    """
    program = needs.program("haproxy", "haproxy")
    port = free_port()
    file = folder / "haproxy.cfg"
    servers = [
        f"    server node{number} 127.0.0.1:{node.port} check inter 500ms fall 1 rise 1"
        for number, node in enumerate(nodes)
    ]
    file.write_text(HAPROXY.format(port=port, servers="\n".join(servers)))
    process = launch([program, "-db", "-f", file], folder, unprivileged_user(folder))
    try:
        wait_until_it_answers(process, folder, lambda: accepts(("127.0.0.1", port)))
        yield port
    finally:
        process.kill()
        process.wait()
