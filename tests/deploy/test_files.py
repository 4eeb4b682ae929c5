"""What lies in ``deploy/`` says one thing: variables, commands and programs that there are."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from gunicorn.config import KNOWN_SETTINGS

from privacy_portal.development import settings_reference

ROOT = Path(settings.BASE_DIR)
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
# Read by compose.yaml and by what it starts, not by the product.
FOR_CONTAINERS = {"PORTAL_HOST", "PORTAL_UPSTREAM", "POSTGRES_PASSWORD", "PORTAL_OWNER_PASSWORD", "PORTAL_APP_PASSWORD"}


def documented() -> list[str]:
    return [variable.name for group in settings_reference.GROUPS.values() for variable in group]


class TestSettings:
    def test_every_variable_that_is_read_has_a_meaning(self) -> None:
        source = [
            *(ROOT / "privacy_portal" / "settings" / name for name in settings_reference.FILES),
            DEPLOY / "gunicorn.conf.py",
        ]
        source += [
            path
            for app in ("core", "../consent_app", "../requests_app")
            for path in (ROOT / "privacy_portal" / app).resolve().rglob("*.py")
        ]
        read = set()
        for path in source:
            text = path.read_text(encoding="utf-8")
            read |= set(re.findall(r"""\benv(?:\.\w+)?\(\s*"([A-Z_]+)\"""", text))
            read |= set(re.findall(r"""environ(?:\.get\(|\.setdefault\(|\[)"([A-Z_]+)\"""", text))
        assert read - {"PATH", "LD_LIBRARY_PATH"} <= set(documented())
        assert set(settings_reference.read()) <= set(documented())
        assert len(documented()) == len(set(documented()))

    def test_what_is_documented_is_read(self) -> None:
        by_others = {"DJANGO_SETTINGS_MODULE", "PROMETHEUS_MULTIPROC_DIR"}
        assert set(documented()) - by_others == set(settings_reference.read())

    def test_the_document_is_what_the_settings_say(self) -> None:
        text = settings_reference.DOCUMENT.read_text(encoding="utf-8")
        assert text == settings_reference.document(), "python -m privacy_portal.development.settings_reference"
        assert "| ? |" not in text

    def test_the_example_has_all_that_must_be_set_and_nothing_unknown(self) -> None:
        lines = (DEPLOY / "env.example").read_text(encoding="utf-8").splitlines()
        named = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
        required = {variable.name for variable in settings_reference.GROUPS["Must be set in production"]}
        assert required <= named
        assert named <= {*documented(), *FOR_CONTAINERS}
        without_default = {
            name for name, ways in settings_reference.read().items() if "–" in {way.default for way in ways.values()}
        }
        assert without_default <= {*required, "MINOR_RULE_FROM"}


def test_gunicorn_knows_everything_that_is_set() -> None:
    """It ignores what it does not know, so a wrong name turns nothing on or off."""
    text = (DEPLOY / "gunicorn.conf.py").read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:def )?([a-z]\w*)(?: =|\()", text, re.MULTILINE))
    assert named >= {"control_socket_disable", "logconfig_dict", "child_exit", "on_exit"}
    assert named <= {one.name for one in KNOWN_SETTINGS}


class TestContainers:
    @pytest.fixture
    def compose(self) -> dict[str, Any]:
        return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8")))

    def test_services(self, compose: dict[str, Any]) -> None:
        services = compose["services"]
        assert set(services) == {"postgres", "redis", "migrate", "web", "worker", "beat", "proxy"}
        for name, service in services.items():
            for other in service.get("depends_on", {}):
                assert other in services, name
            for volume in service.get("volumes", []):
                source, _colon, _target = volume.partition(":")
                assert source in compose["volumes"] or (DEPLOY / source).is_file(), volume
        # Only the proxy is reached from outside.
        assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
        assert "replicas" not in str(services["beat"])

    def test_variables(self, compose: dict[str, Any]) -> None:
        assert set(re.findall(r"\$\{([A-Z_]+)", str(compose))) <= FOR_CONTAINERS
        for name in ("web", "worker", "beat", "migrate"):
            assert set(compose["services"][name]["environment"]) <= set(documented())

    def test_what_is_written_lies_in_volumes(self, compose: dict[str, Any]) -> None:
        """Everything else of a container cannot be written."""
        folders = set()
        for name in ("web", "worker", "beat"):
            service = compose["services"][name]
            assert service["read_only"] is True
            if name == "beat":
                # When each task ran last: what runs once a day would never run where it is forgotten more often.
                written = {str(Path(re.findall(r"--schedule=(\S+?)'", str(service["command"]))[0]).parent)}
            else:
                environment = service["environment"]
                written = {environment["MEDIA_ROOT"], str(Path(environment["ERASURE_JOURNAL"]).parent)}
            assert written == {volume.split(":")[1] for volume in service["volumes"]}, name
            folders |= {Path(folder).name for folder in written}
        made = re.findall(r"mkdir ([a-z ]+?) \\", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
        assert [set(names.split()) for names in made] == [folders]

    def test_the_database_is_healthy_only_once_its_roles_are_there(self, compose: dict[str, Any]) -> None:
        """Until then the image's server answers at its socket: migrations would begin and be refused."""
        test = " ".join(compose["services"]["postgres"]["healthcheck"]["test"])
        assert "pg_isready --host 127.0.0.1" in test

    def test_web_may_finish_what_it_answers_and_backups_can_be_made(self, compose: dict[str, Any]) -> None:
        unit = (DEPLOY / "systemd" / "privacy-portal-web.service").read_text(encoding="utf-8")
        assert f"TimeoutStopSec={compose['services']['web']['stop_grace_period'].rstrip('s')}\n" in unit
        last = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").rpartition("\nFROM ")[2]
        assert "postgresql-client" in last

    def test_static_files_are_collected_beside_their_sources(self, compose: dict[str, Any]) -> None:
        image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
        places = set(re.findall(r"STATIC_ROOT=(\S+)", image)) | {
            compose["services"]["web"]["environment"]["STATIC_ROOT"]
        }
        (place,) = places
        sources = {f"/srv/privacy-portal/{Path(one).relative_to(ROOT)}" for one in settings.STATICFILES_DIRS}
        assert place not in sources

    def test_commands_are_those_of_the_units(self, compose: dict[str, Any]) -> None:
        for name in ("worker", "beat"):
            ours = " ".join(compose["services"][name]["command"]).split(" --schedule")[0]
            assert ours in command_of(f"privacy-portal-{name}.service")
        image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
        command = re.search(r"^CMD \[(.*)\]$", image, re.MULTILINE)
        assert command
        assert command[1].replace('", "', " ").strip('"').replace("0.0.0.0", "127.0.0.1") in command_of(
            "privacy-portal-web.service"
        )

    def test_the_image_gets_no_secrets_and_does_not_run_as_root(self) -> None:
        ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
        assert {".git", ".venv", "var", "deploy/.env"} <= set(ignored)
        assert re.findall(r"^USER (\w+)$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE) == [
            "portal"
        ]


def command_of(unit: str) -> str:
    """``ExecStart`` of a unit."""
    found = re.search(r"^ExecStart=(.*)$", (DEPLOY / "systemd" / unit).read_text(encoding="utf-8"), re.MULTILINE)
    assert found, unit
    return found[1]


def test_whoever_asks_while_web_starts_anew_waits() -> None:
    unit = (DEPLOY / "systemd" / "privacy-portal-web.service").read_text(encoding="utf-8")
    socket = (DEPLOY / "systemd" / "privacy-portal-web.socket").read_text(encoding="utf-8")
    caddy = (DEPLOY / "caddy" / "Caddyfile").read_text(encoding="utf-8")
    nginx = (DEPLOY / "nginx" / "portal.conf").read_text(encoding="utf-8")
    (address,) = re.findall(r"^ListenStream=(\S+)$", socket, re.MULTILINE)
    assert f"--bind {address} " in command_of("privacy-portal-web.service")
    assert f"{{$PORTAL_UPSTREAM:{address}}}" in caddy
    assert f"server {address};" in nginx
    for line in ("Requires=privacy-portal-web.socket", "Also=privacy-portal-web.socket"):
        assert line in unit.splitlines()
    # Stopping everything stops the socket, too: the proxy would start web again.
    assert "PartOf=privacy-portal.target" in socket.splitlines()
    assert "lb_try_duration" in caddy
    # gunicorn's reload mixes the release that it was started with with the new one.
    assert "ExecReload" not in unit


def test_no_variable_is_set_beside_a_file_that_wins() -> None:
    for name in ("deployment.md", "operations.md"):
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        for command in re.findall(r"systemd-run (?:.*\\\n)*.*", text):
            assert "--setenv" not in command


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_units(tmp_path: Path) -> None:
    for path in (DEPLOY / "systemd").iterdir():
        text = path.read_text(encoding="utf-8").replace("/srv/privacy-portal/venv", str(ROOT / ".venv"))
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, tmp_path.iterdir())], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_proxies_keep_what_is_for_machines_inside_and_let_uploads_through() -> None:
    caddy = (DEPLOY / "caddy" / "Caddyfile").read_text(encoding="utf-8")
    nginx = (DEPLOY / "nginx" / "portal.conf").read_text(encoding="utf-8")
    for name in ("healthz", "readyz", "metrics"):
        assert f"/{name}" in caddy
        assert re.search(rf"location ~ \^/\([a-z|]*{name}[a-z|]*\)\$ {{\s+return 404", nginx)
    assert f"max_size {6 * settings.UPLOAD_MAX_MB}MB" in caddy
    assert f"client_max_body_size {6 * settings.UPLOAD_MAX_MB}m" in nginx
    assert "access_log off" in nginx
