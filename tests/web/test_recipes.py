"""The recipes of docs/deploy for systemd and containers, as far as possible without a container engine."""

import re
import shlex
import subprocess
from pathlib import Path

import yaml
from machine import needed
from support import ROOT, Site

from feeds.config.types import ServerLimits

DEPLOY = ROOT / "docs/deploy"
SYSTEMD = Path("/usr/bin/systemd-analyze")
NGINX = Path("/usr/sbin/nginx")


def lines_of(name: str, key: str) -> list[str]:
    """The values of a key in a unit file, or of an instruction in a Containerfile, without line continuations."""
    text = re.sub(r"\\\n\s*", " ", (DEPLOY / name).read_text())
    return [line.removeprefix(key).lstrip("= ") for line in text.splitlines() if re.match(rf"{key}[ =]", line)]


def test_systemd_accepts_the_unit_and_rates_it_safe(tmp_path: Path) -> None:
    needed(SYSTEMD, "systemd-analyze")
    # The path of Feeds depends on the installation.
    unit = tmp_path / "feeds.service"
    unit.write_text((DEPLOY / "feeds.service").read_text().replace("/srv/feeds/.venv/bin/feeds", "/bin/true"))
    verified = subprocess.run([SYSTEMD, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert "feeds.service" not in verified.stderr, verified.stderr
    # 0 is the best, 10 the worst; that of a unit without any settings is 9.6.
    score = [str(SYSTEMD), "security", "--offline=true", "--threshold=15", "--no-pager", str(unit)]
    found = subprocess.run(score, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-300:]


def test_commands_and_limits_are_consistent(tmp_path: Path) -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    drain = ServerLimits().drain
    (started,) = lines_of("feeds.service", "ExecStart")
    (container,) = lines_of("Containerfile", "CMD")
    commands = [shlex.split(started)[1:], yaml.safe_load(container), compose["services"]["server-1"]["command"]]
    commands.append(compose["services"]["server-2"]["command"])
    for command in commands:
        # Every option is valid: the only error is the missing config.
        ran = Site(tmp_path).run(*command, status=2)
        assert "config.yaml" in ran.err, command
        assert "No such option" not in ran.err
    assert int(lines_of("feeds.service", "TimeoutStopSec")[0]) > drain
    assert int(compose["services"]["writer"]["stop_grace_period"].removesuffix("s")) > drain
    for name in ("writer", "server-1", "server-2"):
        service = compose["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
    assert lines_of("Containerfile", "USER") == ["65534:65534"]
    for copied in lines_of("Containerfile", "COPY"):
        if not copied.startswith("--from"):
            assert all((ROOT / name).exists() for name in copied.split()[:-1]), copied


def test_nginx_accepts_the_settings_of_the_compose_file(tmp_path: Path) -> None:
    needed(NGINX, "nginx")
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    (command,) = compose["services"]["nginx"]["command"]
    places = {"/etc/feeds/nginx.conf": str(DEPLOY / "nginx.conf"), "/tmp/": f"{tmp_path}/", "/var/cache/nginx": str(tmp_path)}
    # Only the container engine resolves names of containers.
    new = {**places, "server-1:": "127.0.0.1:", "server-2:": "127.0.0.2:", "exec nginx": f"{NGINX} -t"}
    # All in one go, for the checkout may be below /tmp itself.
    command = re.sub("|".join(map(re.escape, new)), lambda found: new[found[0]], command)
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    made = (tmp_path / "nginx.conf").read_text()
    assert "server 127.0.0.1:8000; server 127.0.0.2:8000;" in made
    assert f"proxy_cache_path {tmp_path}/feeds" in made
