"""The servers that `serving.py` compares, each in a process of its own on one core: Feeds, a bare ASGI function that holds the
same answers, one that knows a single answer, Starlette's StaticFiles and nginx.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The cores of the servers and of the client, where there are two and `taskset` is at hand.
PINNED = shutil.which("taskset") is not None and (os.cpu_count() or 1) > 1
SERVER_CORE, CLIENT_CORE = (["taskset", "-c", "0"], ["taskset", "-c", "1"]) if PINNED else ([], [])
BARE = """
import os, pickle
ANSWERS = {
    path: (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )
    for path, (status, headers, body) in pickle.load(open(os.environ["ANSWERS"], "rb")).items()
}
START, BODY = next(iter(ANSWERS.values()))
async def app(scope, receive, send):
    if scope["type"] != "http":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    start, body = LOOK
    await send(start)
    await send(body)
"""
BY_PATH, CONSTANT = BARE.replace("LOOK", 'ANSWERS[scope["path"]]'), BARE.replace("LOOK", "START, BODY")
STATIC = """
import os
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
app = Starlette(routes=[Mount("/", StaticFiles(directory=os.environ["DIST"]))])
"""
FEEDS = """
import os
from functools import partial
from pathlib import Path
from feeds.config import loader
from feeds.web.app import LOG_FORMS, create_app
log = LOG_FORMS.get(os.environ.get("FEEDS_LOG", "none"))
app = create_app(partial(loader.load, Path(os.environ["FEEDS_CONFIG"])), access_log=log, memory=1 << 30, own_process=True)
"""
LIMITED = "feeds.web.connections:Connection"
NGINX = """
{user} daemon off; worker_processes 1; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; gzip_static on;
  types {{ application/rss+xml rss; }}
  server {{ listen 127.0.0.1:{port}; root {dist}; }} }}
"""
# The process at each port.
PROCESSES: dict[int, int] = {}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def start(stack: ExitStack, folder: Path, name: str, code: str, *, uvicorn_logs: bool = False, **environment: str) -> int:
    """Run an ASGI application under uvicorn in a process of its own; its port, once it answers. Logs go to a file.

    Feeds has its own limits on connections, as `feeds serve` has; the others have none.
    """
    place = folder / f"app_{name}.py"
    place.write_text(code)
    port = free_port()
    command = [
        *SERVER_CORE,
        sys.executable,
        "-m",
        "uvicorn",
        f"app_{name}:app",
        "--port",
        str(port),
        "--no-server-header",
        *(["--http", LIMITED] if code is FEEDS else []),
        *([] if uvicorn_logs else ["--no-access-log", "--log-level", "warning"]),
    ]
    path = os.pathsep.join([str(folder), str(HERE.parent)])
    lines = stack.enter_context((folder / f"{name}.log").open("wb"))
    process = subprocess.Popen(
        command, env={**os.environ, **environment, "PYTHONPATH": path}, cwd=folder, stdout=lines, stderr=lines
    )
    return ready(stack, process, port)


def ready(stack: ExitStack, process: "subprocess.Popen[bytes]", port: int) -> int:
    def stop() -> None:
        process.terminate()
        process.wait()

    stack.callback(stop)
    for _ in range(1200):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                PROCESSES[port] = process.pid
                return port
        time.sleep(0.1)
    sys.exit("a server did not start")


def processor(port: int) -> float:
    """Seconds of processor time that the server at `port` has taken, where the system tells it."""
    try:
        fields = Path(f"/proc/{PROCESSES[port]}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def neighbours(stack: ExitStack, folder: Path, bodies: dict[str, tuple[bytes, bytes]]) -> dict[str, int]:
    """The ports of servers of another make, which serve `bodies`, plain and in gzip, by path."""
    dist = folder / "dist"
    (dist / "topics").mkdir(parents=True)
    for path, (plain, coded) in bodies.items():
        (dist / path).write_bytes(plain)
        (dist / f"{path}.gz").write_bytes(coded)
    found = {"StaticFiles": start(stack, folder, "static", STATIC, DIST=str(dist))}
    if (nginx := shutil.which("nginx", path=os.environ["PATH"] + os.pathsep + "/usr/sbin")) is not None:
        port = free_port()
        # Started by root, nginx would read as nobody, who may not look into a temporary folder.
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(NGINX.format(user=user, folder=folder, port=port, dist=dist))
        command = [*SERVER_CORE, nginx, "-c", str(folder / "nginx.conf"), "-e", "stderr"]
        found["nginx"] = ready(stack, subprocess.Popen(command), port)
    return found
