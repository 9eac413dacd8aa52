"""A real PostgreSQL for tests: a cluster in its own folder, on loopback, which ends with the tests."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from machine import needed
from support import until

PASSWORD = "p%40ss-" + secrets.token_hex(4)
# Tests need no durability.
SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "60"}


class Cluster:
    """A PostgreSQL that can be stopped and started again."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder = folder
        self._programs = programs
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._names = count(1)

    def create(self) -> None:
        """Make its files."""
        folder, programs = self._folder, self._programs
        secret = folder / "password"
        secret.write_text(PASSWORD.replace("%40", "@") + "\n")
        _give(folder, secret)
        subprocess.run(
            [
                *(*_unprivileged(), str(programs / "initdb"), "--pgdata", str(folder / "data"), "--username", "feeds"),
                *("--pwfile", str(secret), "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            cwd=folder,
        )

    def url(self, schema: str = "", *, user: str = "feeds", database: str = "postgres", standby: "Cluster | None" = None) -> str:
        """The URL of a schema in the database; a new one by default. With a `standby`, the one of both that can be written."""
        schema = schema or f"site_{next(self._names)}"
        hosts = [f"127.0.0.1:{each._port}" for each in (self, standby) if each is not None]
        either = "&target_session_attrs=read-write" if standby is not None else ""
        return f"postgresql://{user}:{PASSWORD}@{','.join(hosts)}/{database}?schema={schema}{either}"

    @contextmanager
    def standby(self) -> "Iterator[Cluster]":
        """Another PostgreSQL, which has at once whatever is committed here. From then on, nothing is committed without it."""
        folder = Path(tempfile.mkdtemp(prefix="feeds-standby-"))
        try:
            _give(folder)
            other = Cluster(folder, self._programs)
            source = f"{self.url().partition('?')[0]}?application_name=standby"
            copy = [str(self._programs / "pg_basebackup"), "-d", source, "-D", str(folder / "data"), "-R", "-c", "fast"]
            subprocess.run([*_unprivileged(), *copy], check=True, capture_output=True, cwd=folder)
            other.start()
            with self.connect() as admin:
                admin.execute("alter system set synchronous_standby_names = 'standby'")
                admin.execute("select pg_reload_conf()")
            try:
                yield other
            finally:
                other.stop()
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def promote(self) -> None:
        """Become a database that can be written, from a standby."""
        with self.connect() as admin:
            admin.execute("select pg_promote()")
            # What this one commits waits for nobody.
            admin.execute("alter system reset synchronous_standby_names")
            admin.execute("select pg_reload_conf()")

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        """A connection for the test."""
        return psycopg.connect(self.url().partition("?")[0], autocommit=True)

    def start(self) -> None:
        """Start, and wait until it accepts connections."""
        options = SETTINGS | {"listen_addresses": "127.0.0.1", "port": str(self._port), "unix_socket_directories": ""}
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(*_unprivileged(), str(self._programs / "postgres"), "-D", str(self._folder / "data")),
                    *(f"--{name}={value}" for name, value in options.items()),
                ],
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )
        until(self._answers)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop at once and close every connection. Committed data stays."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "log").read_text()
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running cluster."""
    programs = needed(_programs(), "PostgreSQL's server")
    if os.geteuid() == 0:
        needed(shutil.which("setpriv"), "setpriv")
    # PostgreSQL refuses to run as root, and only root can read the folder of a test that root runs.
    folder = Path(tempfile.mkdtemp(prefix="feeds-postgresql-"))
    try:
        made = Cluster(folder, programs)
        made.create()
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    # Links may lead to some of its programs only.
    found = [Path(file).resolve().parent for file in [shutil.which("postgres")] if file]
    # Debian has a folder for each version.
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -int(folder.parent.name))
    return next((folder for folder in found if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def _user() -> pwd.struct_passwd:
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _unprivileged() -> tuple[str, ...]:
    """The prefix of a command that runs it as another user than root, and ends it with the tests, even if they are killed."""
    if os.geteuid() != 0:
        return ()
    user = _user()
    return ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--pdeathsig=INT")


def _give(*places: Path) -> None:
    if os.geteuid() == 0:
        for place in places:
            os.chown(place, _user().pw_uid, _user().pw_gid)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
