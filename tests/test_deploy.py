"""The files of deploy/: well-formed to the programs that read them, and calling what there is."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from kb.cli import kb as group
from kb.health.run_states import TIMER
from kb.settings import load
from web.connections import BACKLOG

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [u for u in UNITS if u.suffix == ".service"]
KB = "/opt/pufa-kb/.venv/bin/kb"
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "CapabilityBoundingSet": "",
    "RestrictSUIDSGID": "yes",
    "User": "pufa-kb",
    "StateDirectory": "pufa-kb",
    "StateDirectoryMode": "0700",
    "UMask": "0077",
}


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text("utf-8"))
    return parser


def commands() -> list[str]:
    found = [unit(s)["Service"]["ExecStart"] for s in SERVICES]
    cron = (DEPLOY / "cron.d" / "pufa-kb").read_text("utf-8")
    return found + re.findall(rf"{KB}[^>\n]*", cron)


def test_the_files_are_those_of_the_manual() -> None:
    manual = (DEPLOY.parent / "docs" / "用户手册.md").read_text("utf-8")
    files = [p for p in DEPLOY.rglob("*") if p.is_file()]
    assert len(files) == 8
    for file in files:
        assert file.relative_to(DEPLOY.parent).as_posix() in manual or file.name in manual, file
    assert TIMER in {u.name for u in UNITS}


@pytest.mark.parametrize("line", commands())
def test_every_command_is_there_with_its_options(line: str) -> None:
    program, name, *arguments = shlex.split(line)
    assert program == KB
    command = group.get_command(click.Context(group), name)
    assert command is not None, name
    context = click.Context(command)
    values, left, _ = command.make_parser(context).parse_args(arguments)
    assert left == []
    assert values["data_dir"] == "/var/lib/pufa-kb"


@pytest.mark.parametrize("path", SERVICES, ids=lambda p: p.name)
def test_services_are_hardened(path: Path) -> None:
    service = unit(path)["Service"]
    for key, value in HARDENED.items():
        assert service[key] == value, key


def test_what_converts_may_have_a_network_of_its_own() -> None:
    allowed = {s.name: unit(s)["Service"]["RestrictNamespaces"] for s in SERVICES}
    assert allowed == {
        "pufa-kb.service": "yes",
        "pufa-kb-refresh.service": "user net",
        "pufa-kb-watch.service": "user net",
    }


def test_the_site_has_limits_of_files_and_memory() -> None:
    service = unit(DEPLOY / "systemd" / "pufa-kb.service")["Service"]
    assert int(service["LimitNOFILE"]) > 1_000 + 4 * BACKLOG
    assert service["MemoryMax"].endswith("G")


def test_proxies_pass_on_what_the_site_goes_by() -> None:
    nginx = (DEPLOY / "nginx" / "pufa-kb.conf").read_text("utf-8")
    caddy = (DEPLOY / "caddy" / "Caddyfile").read_text("utf-8")
    for text in (nginx, caddy):
        assert "Strict-Transport-Security" in text
        assert 'base_url = "https://' in text
        assert "127.0.0.1:8000" in text
    # The asker's own word for its address is replaced, not added to.
    assert "X-Forwarded-For $remote_addr;" in nginx
    assert "X-Forwarded-Proto $scheme;" in nginx
    assert "proxy_set_header Host $host;" in nginx
    for line in re.findall(r"^# kb\.toml: (.*)$", f"{nginx}\n{caddy}", re.MULTILINE):
        values = dict(re.findall(r'(\w+) = "([^"]*)"', line))
        assert load(environ={}, **values).proxies == "127.0.0.1"


def test_nginx_accepts_its_file(tmp_path: Path) -> None:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
    openssl = shutil.which("openssl")
    if program is None or openssl is None:
        pytest.skip("nginx or openssl is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "fullchain.pem"
    make = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=kb"]
    make += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(make, check=True, capture_output=True, timeout=60)
    text = (DEPLOY / "nginx" / "pufa-kb.conf").read_text("utf-8")
    text = re.sub(r"(listen (?:\[::\]:)?)(\d+)", r"\g<1>20\2", text)
    (tmp_path / "site.conf").write_text(text.replace("/etc/ssl/pufa-kb", str(tmp_path)), "utf-8")
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{p}_temp_path {tmp_path / p};" for p in places)
    whole = f"pid {tmp_path}/pid; error_log {tmp_path}/err; events {{}}"
    whole += f" http {{ access_log off; {temporary} include {tmp_path}/site.conf; }}"
    (tmp_path / "nginx.conf").write_text(whole, "utf-8")
    done = subprocess.run(
        [program, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_caddy_accepts_its_file() -> None:
    program = shutil.which("caddy")
    if program is None:
        pytest.skip("caddy is not installed")
    command = [program, "adapt", "--validate", "--config", str(DEPLOY / "caddy" / "Caddyfile")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_a_run_with_failed_items_is_no_fault_of_the_unit() -> None:
    service = unit(DEPLOY / "systemd" / "pufa-kb-refresh.service")["Service"]
    assert service["SuccessExitStatus"].split() == ["1", "75"]
    timer = unit(DEPLOY / "systemd" / TIMER)["Timer"]
    assert timer["Persistent"] == "true"


def test_the_cron_line_has_its_fields() -> None:
    lines = (DEPLOY / "cron.d" / "pufa-kb").read_text("utf-8").splitlines()
    (line,) = [entry for entry in lines if re.match(r"[\d*]", entry)]
    assert re.match(r"\d{1,2} \d{1,2} \* \* \* pufa-kb \S", line)
    assert "umask 077; " in line
    assert "%" not in line  # cron would end the line there
    assert all(re.match(r"#|[A-Z]+=|\d|$", entry) for entry in lines)


def test_only_usual_places_are_named() -> None:
    allowed = (
        r"/(?:opt/pufa-kb|var/lib/pufa-kb|var/log/pufa-kb|etc/(?:cron|logrotate|conf)\.d/pufa-kb)\b"
        r"|/etc/(?:nginx/conf\.d/pufa-kb|caddy/Caddyfile|ssl/pufa-kb)\b|https?://\S+"
    )
    usual = r"/(?:bin/sh|usr/local/bin|usr/bin|bin|home)\b"
    for file in DEPLOY.rglob("*"):
        if file.is_file():
            text = re.sub(rf"{allowed}|{usual}", "", file.read_text("utf-8"))
            assert not re.search(r"(?<![\w*.])/(?:[a-z]+/)", text.replace("file:/docs", "")), file


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    program = tmp_path / "kb"
    program.write_text("#!/bin/sh\n", "utf-8")
    program.chmod(0o755)
    for path in UNITS:
        text = path.read_text("utf-8").replace(KB, str(program))
        (tmp_path / path.name).write_text(text, "utf-8")
    names = [str(tmp_path / p.name) for p in UNITS]
    environment = {**os.environ, "SYSTEMD_LOG_LEVEL": "warning"}
    done = subprocess.run(
        [analyze, "verify", "--man=no", *names],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "pufa-kb" in line]
    assert ours == [], done.stderr
    # It does look: an unknown key is named.
    broken = tmp_path / "pufa-kb.service"
    broken.write_text(broken.read_text("utf-8").replace("PrivateTmp", "PrivateTemp"), "utf-8")
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(broken)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "PrivateTemp" in done.stderr


def test_logrotate_accepts_its_file(tmp_path: Path) -> None:
    program = shutil.which("logrotate") or shutil.which("logrotate", path="/usr/sbin:/sbin")
    if program is None:
        pytest.skip("logrotate is not installed")
    text = (DEPLOY / "logrotate.d" / "pufa-kb").read_text("utf-8")
    text = re.sub(r"^.*\bpufa-kb pufa-kb\n", "", text, flags=re.MULTILINE)  # no such user here
    file = tmp_path / "pufa-kb"
    file.write_text(text.replace("/var/log/pufa-kb", str(tmp_path)), "utf-8")
    file.chmod(0o644)
    done = subprocess.run(
        [program, "-d", "-s", str(tmp_path / "state"), str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr.lower()


def test_logrotate_file_by_eye() -> None:
    text = (DEPLOY / "logrotate.d" / "pufa-kb").read_text("utf-8")
    body = re.fullmatch(r"(?:#.*\n)*(\S+) \{\n((?:    [^\n]+\n)+)\}\n", text)
    assert body is not None
    assert body[1] == "/var/log/pufa-kb/*.log"
    assert {"weekly", "missingok", "compress"} <= set(body[2].split())
