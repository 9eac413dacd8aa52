"""Runs every `sh` block of README.md, in order, from the top of the checkout: a README that does not work fails here.

A block that ends in a server is left running until its port answers; the next such block, or the end, stops it.
One that watches is stopped when it has said what it did.
Exits with the status of the first block that fails. pytest's output is let through.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

PATIENCE = 600.0


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    blocks = re.findall(r"^```sh\n(.*?)^```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    environment = os.environ | {"PATH": f"{root / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    server: subprocess.Popen[bytes] | None = None
    try:
        for block in blocks:
            print(f"$ {block.strip()}", flush=True)
            serves = re.search(r"(?:feeds serve|uvicorn)\b.*$", block.strip())
            if "--watch" in block:
                watch(block, root, environment)
                continue
            if serves is None:
                subprocess.run(["bash", "-ec", block], cwd=root, env=environment, check=True)
                continue
            if server is not None:
                stop(server)
            server = subprocess.Popen(["bash", "-ec", block], cwd=root, env=environment, start_new_session=True)
            port = re.search(r"--port (\d+)", block)
            wait_for(int(port[1]) if port else 8000, server)
    except subprocess.CalledProcessError as error:
        return error.returncode
    finally:
        if server is not None:
            stop(server)
    return 0


def watch(block: str, root: Path, environment: dict[str, str]) -> None:
    """Run a block that goes on for ever until its first line. Raises CalledProcessError where it ends without one."""
    command = ["bash", "-ec", block]
    with subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, start_new_session=True) as watching:
        assert watching.stdout is not None, "asked for"
        line = watching.stdout.readline()
        print(line.decode(), end="", flush=True)
        stop(watching)
    if not line:
        raise subprocess.CalledProcessError(watching.returncode or 1, command)


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until something answers at `port`. Raises CalledProcessError where the server ends or never answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise subprocess.CalledProcessError(server.returncode or 1, "server")


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server and whatever it started."""
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


if __name__ == "__main__":
    sys.exit(main())
