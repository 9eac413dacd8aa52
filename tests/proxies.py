"""Real proxies in the tests: started on free ports, stopped in the end."""

import asyncio
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx2 as httpx
from machine import needed
from support import ROOT

SYSTEM = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
NGINX = shutil.which("nginx", path=SYSTEM)
DEPLOY = ROOT / "docs" / "deploy"


def free_port() -> int:
    """A free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def run(stack: ExitStack, command: list[str], port: int, folder: Path) -> "subprocess.Popen[bytes]":
    """Run a command that listens on `port` until the stack closes."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop() -> None:
        process.terminate()
        process.wait(30)

    stack.callback(stop)

    def answers() -> bool:
        assert process.poll() is None, command
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    until(answers)
    return process


def until(holds: Callable[[], bool]) -> None:
    """Wait until `holds()`; fail after a long while."""
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it never came about")


@contextmanager
def slow(port: int, seconds: float) -> Iterator[int]:
    """A port of this machine that leads to `port`; what comes back is `seconds` late."""

    async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter, pause: float) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                await asyncio.sleep(pause)
                target.write(data)
                await target.drain()
        target.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(carry(reader, back, 0), carry(there, writer, seconds))

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(connected, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left))
        loop.close()


def asked(stack: ExitStack, port: int) -> httpx.Client:
    """A client of the server on `port`."""
    return stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"accept-encoding": "gzip"}))


def nginx(stack: ExitStack, folder: Path, example: str, **replaced: str) -> httpx.Client:
    """A client of nginx with an example of docs/deploy/, after `replaced` texts."""
    needed(NGINX, "nginx")
    port = free_port()
    text = (DEPLOY / example).read_text()
    for old, new in {"listen 8080": f"listen 127.0.0.1:{port}", "listen 8081": f"listen 127.0.0.1:{port}", **replaced}.items():
        text = text.replace(old, new)
    (folder / "nginx.conf").write_text(text)
    directives = "daemon off; pid nginx.pid; " + ("user root;" if os.geteuid() == 0 else "")
    assert NGINX is not None
    command = [NGINX, "-p", str(folder), "-c", "nginx.conf", "-e", "error.log", "-g", directives]
    run(stack, command, port, folder)
    return asked(stack, port)
