"""The engines that this very session runs on, and how they start, are shared and stop."""

import os
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from privacy_portal.engines import environment, places

ROOT = Path(settings.BASE_DIR)


def embedded() -> bool:
    return "privacy-portal" in os.environ["DATABASE_URL"] or str(ROOT) in os.environ["DATABASE_URL"]


@pytest.mark.django_db
class TestThisSession:
    def test_database_is_postgresql_with_utf8_and_an_ordinary_role(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_encoding")
            assert cursor.fetchone() == ("UTF8",)
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            assert cursor.fetchone() == (False,)
            cursor.execute("SELECT lower('ＡÉ'), upper('ｱé')")
            assert cursor.fetchone() == ("ａé", "ｱÉ")

    def test_cache_is_redis(self) -> None:
        cache.set("word", "𠮷野家", 10)
        assert cache.get("word") == "𠮷野家"

    @pytest.mark.skipif(not embedded(), reason="servers are named in the environment")
    def test_no_server_listens_on_the_network(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW listen_addresses")
            assert cursor.fetchone() == ("",)

    @pytest.mark.skipif(not embedded(), reason="servers are named in the environment")
    def test_sockets_lie_in_a_folder_that_only_the_engines_account_enters(self) -> None:
        folder = Path(connection.settings_dict["HOST"])
        account = places.Account.current()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == account.uid


def test_development_environment_is_made_once_and_for_the_owner_only(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(environment, "state_folder", lambda: tmp_path)
    for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "PORTAL_URL", "EMAIL_URL"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("DEFAULT_FROM_EMAIL", "set@before.example")

    environment.load_development_environment()
    first = dict(os.environ)
    text = (tmp_path / "development.env").read_text()
    os.environ.pop("SECRET_KEY")
    environment.load_development_environment()

    assert stat.S_IMODE((tmp_path / "development.env").stat().st_mode) == 0o600
    assert os.environ["SECRET_KEY"] == first["SECRET_KEY"]
    assert (tmp_path / "development.env").read_text() == text
    assert os.environ["DEFAULT_FROM_EMAIL"] == "set@before.example"
    assert [path.name for path in tmp_path.iterdir()] == ["development.env"]


class TestPrivateFolder:
    @pytest.fixture
    def path(self, tmp_path: Path, monkeypatch) -> Path:
        path = tmp_path / "private"
        monkeypatch.setattr(places, "private_folder_path", lambda account: path)
        return path

    def test_is_made_for_the_account_alone_and_found_again(self, path: Path) -> None:
        account = places.Account.current()
        assert places.private_folder(account) == path
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert path.stat().st_uid == account.uid
        assert places.private_folder(account) == path

    def test_open_to_others_is_refused(self, path: Path) -> None:
        places.private_folder(places.Account.current())
        path.chmod(0o755)
        with pytest.raises(places.EngineError, match="only"):
            places.private_folder(places.Account.current())

    def test_link_is_refused(self, path: Path, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        path.symlink_to(tmp_path / "elsewhere")
        with pytest.raises(places.EngineError, match="only"):
            places.private_folder(places.Account.current())

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
    def test_of_somebody_else_is_refused(self, path: Path) -> None:
        path.mkdir(mode=0o700)
        os.chown(path, 12345, 12345)
        with pytest.raises(places.EngineError, match="only"):
            places.private_folder(places.Account.current())


def test_socket_path_length_is_the_kernels() -> None:
    folder = Path("/" + "x" * (places.MAX_SOCKET_PATH - 2 - places.LONGEST_SOCKET_NAME))
    assert places._fits_a_socket(folder)
    assert not places._fits_a_socket(Path(f"{folder}x"))
    assert not places._fits_a_socket(Path("/srv/a b"))
    with socket.socket(socket.AF_UNIX) as probe, pytest.raises(FileNotFoundError):
        probe.connect(f"{folder}/.s.PGSQL.5432")
    with socket.socket(socket.AF_UNIX) as probe, pytest.raises(OSError, match="too long"):
        probe.connect(f"{folder}x/.s.PGSQL.5432")


def test_missing_redis_is_one_sentence(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(places, "package_folder", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    place = places.Place(places.Account.current(), tmp_path, tmp_path, None)
    with pytest.raises(places.EngineError, match=r"^Redis is missing: .*\.$"):
        places.redis_program(place)
    with pytest.raises(places.EngineError, match=r"^PostgreSQL is missing: .*\.$"):
        places.postgresql_programs(place)


def in_clone(folder: Path, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process that takes `folder` for its clone."""
    prepared = (
        f"from pathlib import Path\nfrom privacy_portal.engines import places\nplaces.ROOT = Path({str(folder)!r})\n"
    )
    passed = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL") and not name.startswith("PYTEST_")
    }
    return subprocess.run(
        [sys.executable, "-c", prepared + code],
        cwd=ROOT,
        env={**passed, **environment},
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )


def processes_naming(text: str) -> list[str]:
    """Command lines of running processes that name a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in command:
            found.append(command)
    return found


USE = """
import os, psycopg, redis
from urllib.parse import urlsplit
from privacy_portal.engines import provide
provide()
folder, name = urlsplit(os.environ["DATABASE_URL"]).path[1:].rsplit("/", 1)
database = psycopg.connect(host=folder, port=5432, user="portal", dbname=name, autocommit=True)
broker = redis.Redis.from_url(os.environ["REDIS_URL"])
"""
REMOVE = "from privacy_portal.engines import remove_everything; remove_everything()"


class TestDevelopmentPair:
    @pytest.fixture(params=["short", "a folder with blanks and 日本語 " + "and a path too long for a socket " * 3])
    def clone(self, request: pytest.FixtureRequest, tmp_path: Path):  # type: ignore[no-untyped-def]
        clone = tmp_path / request.param
        clone.mkdir()
        yield clone
        in_clone(clone, REMOVE)

    def test_data_stays_and_nothing_else_does(self, clone: Path) -> None:
        first = in_clone(
            clone,
            USE + "database.execute('CREATE TABLE kept (value text)'); broker.set('kept', '1')\n"
            "print(places.private_folder_path(places.Account.current()))",
        )
        assert first.returncode == 0, first.stderr
        private = Path(first.stdout.strip())
        identity = private.name
        assert not processes_naming(identity)
        assert not processes_naming(str(clone))

        second = in_clone(
            clone, USE + "print(database.execute('SELECT count(*) FROM kept').fetchone(), broker.get('kept'))"
        )
        assert second.stdout == "(0,) b'1'\n", second.stderr

        removed = in_clone(clone, REMOVE)
        assert removed.returncode == 0, removed.stderr
        assert not private.exists()
        assert not (clone / "var" / "engines").exists()

    def test_clone_made_again_at_the_same_place_starts_empty(self, clone: Path) -> None:
        killed = in_clone(
            clone, USE + "database.execute('CREATE TABLE kept ()'); print(folder, flush=True); os.kill(os.getpid(), 9)"
        )
        shutil.rmtree(clone / "var")
        again = in_clone(clone, USE + "print(database.execute(\"SELECT to_regclass('kept')\").fetchone())")
        assert again.stdout == "(None,)\n", again.stderr
        if os.geteuid() == 0:
            # Not as root the data itself was in the clone, and PostgreSQL stops when its data is gone.
            assert not processes_naming(killed.stdout.strip())
            assert not Path(killed.stdout.strip()).exists()

    def test_last_user_stops_it(self, clone: Path) -> None:
        visitor = (
            "from pathlib import Path; from privacy_portal.engines import places, provide; "
            f"places.ROOT = Path({str(clone)!r}); provide()"
        )
        nested = in_clone(
            clone,
            USE
            + "import subprocess, sys\n"
            + "environment = {k: v for k, v in os.environ.items() if k not in ('DATABASE_URL', 'REDIS_URL')}\n"
            + f"subprocess.run([sys.executable, '-c', {visitor!r}], env=environment, check=True)\n"
            + "print(database.execute('SELECT 1').fetchone(), broker.ping())\n"
            + "from privacy_portal.engines import engines_in_use\n"
            + "print(engines_in_use())\n"
            + "print(folder)",
        )
        *answers, folder = nested.stdout.splitlines() or [""]
        assert answers == ["(1,) True", "True"], nested.stderr
        assert not processes_naming(folder)

    def test_killed_user_leaves_engines_that_the_next_one_takes_over(self, clone: Path) -> None:
        killed = in_clone(clone, USE + "database.execute('CREATE TABLE kept ()'); os.kill(os.getpid(), 9)")
        assert killed.returncode == -9
        following = in_clone(clone, USE + "print(database.execute('SELECT count(*) FROM kept').fetchone())")
        assert following.stdout == "(0,)\n", following.stderr
        assert not processes_naming(str(clone))


def test_engine_error_ends_the_command_with_one_sentence(tmp_path: Path) -> None:
    result = in_clone(
        tmp_path,
        "places.package_folder = lambda name: None\nfrom privacy_portal.engines import provide\nprovide()",
    )
    in_clone(tmp_path, REMOVE)
    assert result.returncode == 1
    assert result.stderr.startswith("PostgreSQL is missing")
    assert len(result.stderr.splitlines()) == 1


def test_a_second_pair_of_the_same_name_is_refused_at_once(tmp_path: Path) -> None:
    """Waiting for a lock that the same process holds would last for ever."""
    twice = in_clone(
        tmp_path, "from privacy_portal.engines import TestEngines\nTestEngines().start()\nTestEngines().start()\n"
    )
    in_clone(tmp_path, REMOVE)
    assert twice.returncode == 1
    assert "runs already" in twice.stderr


def test_abandoned_test_session_is_cleared_by_the_next(tmp_path: Path) -> None:
    start = (
        "from privacy_portal.engines import TestEngines\nimport os\nengines = TestEngines()\nprint(engines.start())\n"
    )
    abandoned = in_clone(tmp_path, start + "print(engines.name, flush=True); os.kill(os.getpid(), 9)")
    name = abandoned.stdout.splitlines()[-1]
    try:
        assert processes_naming(name)
        following = in_clone(tmp_path, start)
        assert following.returncode == 0, following.stderr
        assert not processes_naming(name)
        assert not list((tmp_path / "var" / "engines").glob("test-*"))
    finally:
        in_clone(tmp_path, REMOVE)
