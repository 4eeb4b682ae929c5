"""`make run`: from a clone to the running product, in one command.

``python -m privacy_portal.development.run``

reads PROFILE (default rokusho) and PORT (default 8000) from the environment.
"""

import contextlib
import errno
import fcntl
import io
import os
import signal
import socket
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator

from privacy_portal.engines import EngineError, load_development_environment, provide
from privacy_portal.engines.environment import free_port
from privacy_portal.engines.places import ROOT, state_folder

from .supervisor import STOP_SIGNALS, Supervisor, say

HOST = "127.0.0.1"
FIRST_SIGN_IN = "first-sign-in.txt"
SAMPLES = ("shopify_customers.csv", "eccube_customers.csv", "base_orders.csv")


class CannotRun(RuntimeError):
    """The product cannot be started; the text is one sentence that says what to do."""


def main() -> int:
    """Run until Ctrl-C, SIGTERM or the end of a part; return the exit status."""
    for number in STOP_SIGNALS:
        # Until the supervisor takes over, an ordinary exit lets the engines be stopped behind us.
        signal.signal(number, lambda number, frame: sys.exit(0))
    try:
        port = wanted_port(os.environ.get("PORT") or "8000")
        with only_run_of_this_clone(port):
            check_port_is_free(port)
            return run(profile=os.environ.get("PROFILE") or "rokusho", port=port)
    except (CannotRun, EngineError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def run(*, profile: str, port: int) -> int:
    """Prepare the data, start the parts and stay until they are to stop."""
    # Not a default: importing the Celery application has already named the production settings.
    os.environ["DJANGO_SETTINGS_MODULE"] = "privacy_portal.settings.dev"
    address = f"http://{HOST}:{port}"
    os.environ.setdefault("PORTAL_URL", address)
    load_development_environment()
    catcher_port = catch_mail()
    say("Starting PostgreSQL and Redis")
    provide()
    sign_in = prepare(profile)

    supervisor = Supervisor()
    python = sys.executable
    say("Starting web server, worker, scheduler and mail catcher")
    if catcher_port is not None:
        module = "privacy_portal.development.mail_catcher"
        supervisor.start("mail", [python, "-m", module, str(catcher_port), str(state_folder() / "mail")])
    celery = [python, "-m", "celery", "--quiet", "-A", "privacy_portal"]
    supervisor.start(
        "worker", [*celery, "worker", "--concurrency=2", "--loglevel=WARNING", "--without-gossip", "--without-mingle"]
    )
    schedule = state_folder() / "beat-schedule"
    supervisor.start("beat", [*celery, "beat", "--loglevel=WARNING", f"--schedule={schedule}", "--pidfile="])
    gunicorn = [python, "-m", "gunicorn", "privacy_portal.wsgi:application", "--no-control-socket"]
    supervisor.start("web", [*gunicorn, f"--bind={HOST}:{port}", "--threads=4", "--log-level=warning"])

    try:
        while not answers(address) and not supervisor.stopping and supervisor.ended() is None:
            supervisor.work(0.2)
        if not supervisor.stopping and supervisor.ended() is None:
            say(addresses(address, sign_in, catches_mail=catcher_port is not None))
        supervisor.work()
        failed = None if supervisor.stopping else supervisor.ended()
        say("Stopping")
    finally:
        supervisor.stop()
    if failed is not None:
        raise CannotRun(f"The part “{failed.name}” ended by itself; its last words stand above.")
    return 0


def wanted_port(text: str) -> int:
    """The port to listen on.

    Raises:
        CannotRun: when the text is no port number.
    """
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise CannotRun(f"PORT must be a number from 1 to 65535, not “{text}”.")
    return int(text)


def check_port_is_free(port: int) -> None:
    """Say so early when another program has the port, instead of after a minute of preparation.

    Raises:
        CannotRun: when the port cannot be listened on.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CannotRun(
                    f"Port {port} is in use by another program; choose another one: make run PORT={port % 65535 + 1}"
                ) from None
            raise CannotRun(f"Port {port} cannot be used: {error.strerror}.") from None


@contextlib.contextmanager
def only_run_of_this_clone(port: int) -> Iterator[None]:
    """Two runs would share one database and one schedule.

    Raises:
        CannotRun: when another run holds the clone; it says where that one is reached.
    """
    with (state_folder() / "run.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            where = lock.read().strip() or "starting"
            raise CannotRun(f"This clone is running already ({where}); stop that run first.") from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, http://{HOST}:{port}/")
        lock.flush()
        yield


def catch_mail() -> int | None:
    """Choose the mail catcher's port and name it in EMAIL_URL; None when EMAIL_URL names a server elsewhere."""
    url = urllib.parse.urlsplit(os.environ["EMAIL_URL"])
    if url.scheme != "smtp" or url.hostname != HOST:
        return None
    port = url.port or 25
    try:
        check_port_is_free(port)
    except CannotRun:
        port = free_port()
        os.environ["EMAIL_URL"] = f"smtp://{HOST}:{port}"
    return port


def prepare(profile: str) -> str:
    """Bring database, files and first rows up to date; return the manager's first sign-in data.

    Everything here may run again and again: what is there already stays.

    Raises:
        CannotRun: when a step fails, with the step's own message.
    """
    import django
    from django.core.management import CommandError, call_command
    from django.db import connections

    from . import samples, translations

    try:
        django.setup()
        say("Bringing the database up to date")
        call_command("migrate", interactive=False, verbosity=0)
        say("Compiling translations, collecting static files")
        translations.compile_all()
        call_command("collectstatic", interactive=False, verbosity=0)
        say(f"Loading the operator profile “{profile}”")
        call_command("load_profile", profile, stdout=io.StringIO())
        import_samples()
        sign_in = first_sign_in()
        samples.publish_matters()
        return sign_in
    except CommandError as error:
        raise CannotRun(str(error)) from None
    finally:
        connections.close_all()


def import_samples() -> None:
    """Import the sample customers, and what goes with them, into a database that has no customer yet."""
    from django.core.management import call_command

    from consent_app.models import Customer

    from . import samples

    if Customer.objects.exists():
        return
    say("Importing the sample customers")
    for name in SAMPLES:
        call_command("import_customers", str(ROOT / "tests" / "data" / name), stdout=io.StringIO())
    samples.supervise_subcontractors()


def first_sign_in() -> str:
    """Make the manager's account when there is none, and keep its first sign-in data where only the owner reads it."""
    from django.core.management import call_command

    from consent_app.models import Operator

    path = state_folder() / FIRST_SIGN_IN
    printed = io.StringIO()
    # The manager belongs to the operator whose profile was loaded.
    domain = Operator.objects.get().email.rpartition("@")[2]
    call_command("ensure_manager", email=f"manager@{domain}", stdout=printed, stderr=io.StringIO())
    text = printed.getvalue().strip()
    if text:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text + "\n")
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


def answers(address: str) -> bool:
    """Whether the web server answers with anything at all."""
    try:
        with urllib.request.urlopen(f"{address}/", timeout=5):  # noqa: S310, our own address  # nosec B310
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def addresses(address: str, sign_in: str, *, catches_mail: bool) -> str:
    """What to open now."""
    lines = [
        "",
        "The portal is running.",
        f"  Portal   {address}/",
        f"  Admin    {address}/admin/",
    ]
    if catches_mail:
        lines.append(f"  Mail     {address}/dev/mail/   (nothing leaves this machine)")
    if sign_in:
        shown = (state_folder() / FIRST_SIGN_IN).relative_to(ROOT)
        lines += ["", f"The manager's first sign-in, also in {shown}:", *(f"  {line}" for line in sign_in.splitlines())]
    lines += ["", "Ctrl-C stops everything; the data stays. `make clean` removes it.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
