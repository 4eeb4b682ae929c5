"""What runs on the machine, read from /proc."""

from pathlib import Path


def running_in(folder: Path) -> list[str]:
    """Command lines of the processes that work in a folder or name it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            inside = (entry / "cwd").resolve().is_relative_to(folder)
        except OSError:
            continue  # it has ended meanwhile
        # One that has ended but was not waited for has no command line any more.
        if command and (inside or str(folder) in command):
            found.append(command)
    return found
