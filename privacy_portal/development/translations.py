"""The catalogue of translations: collected from the source, checked, compiled.

``python -m privacy_portal.development.translations compile|check|update``

gettext's own programs are missing on a bare machine, and all we need of them is small: Django turns its templates into
calls of gettext, Python's parser reads the calls in our code, polib reads and writes catalogues.
"""

import ast
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = ("privacy_portal", "consent_app", "requests_app", "templates")
# The source language is Japanese; English is the catalogue that must be complete.
ENGLISH = Path("locale/en/LC_MESSAGES/django.po")

# Function -> positions of (context, singular, plural) among its arguments.
_FUNCTIONS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (None, 0, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (None, 0, 1)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (0, 1, None)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (0, 1, 2)),
}
_LITERAL = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_TEMPLATE_CALL = re.compile(rf"\b(_|n?p?gettext)\(\s*({_LITERAL}(?:\s*,\s*{_LITERAL})*)", re.DOTALL)
_PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|\{(\w*)\}|%[sd]")


@dataclass(frozen=True, order=True)
class Message:
    """One text to translate."""

    text: str
    plural: str = ""
    context: str = ""


def collect(root: Path = ROOT) -> dict[Message, list[tuple[str, int]]]:
    """Every message of the source with the places (file, line) where it stands.

    Raises:
        SyntaxError: when a source file or a translated block of a template cannot be read.
    """
    found: dict[Message, list[tuple[str, int]]] = {}
    for path in _source_files(root):
        source = path.read_text(encoding="utf-8")
        name = str(path.relative_to(root))
        messages = _in_python(source) if path.suffix == ".py" else _in_template(source, name)
        for message, line in messages:
            found.setdefault(message, []).append((name, line))
    return found


def update(root: Path = ROOT) -> list[Message]:
    """Write the catalogue anew: what the source has, with the translations that the catalogue had.

    Returns:
        Messages that still have no translation.
    """
    catalogue = root / ENGLISH
    known = _translations(catalogue)
    fresh = polib.POFile(wrapwidth=100)
    fresh.metadata = {
        "Project-Id-Version": "privacy-portal",
        "Language": "en",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    missing = []
    for message, places in sorted(collect(root).items(), key=lambda item: (item[1][0], item[0])):
        entry = polib.POEntry(
            msgid=message.text,
            msgid_plural=message.plural,
            msgctxt=message.context or None,
            # Files without line numbers: a line added above must not change the catalogue.
            occurrences=[(name, "") for name in sorted({name for name, _ in places})],
        )
        translation = known.get(message)
        if translation is None:
            missing.append(message)
        elif message.plural:
            entry.msgstr_plural = dict(enumerate(translation))
        else:
            entry.msgstr = translation[0]
        fresh.append(entry)
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    fresh.save(str(catalogue))
    return missing


def problems(root: Path = ROOT) -> list[str]:
    """What is wrong with the catalogue: one sentence each, naming the place in the source."""
    found = collect(root)
    catalogue = polib.pofile(str(root / ENGLISH)) if (root / ENGLISH).exists() else polib.POFile()
    entries = {_key(entry): entry for entry in catalogue if not entry.obsolete}
    result = []
    for message, places in sorted(found.items(), key=lambda item: item[1]):
        where = f"{places[0][0]}:{places[0][1]}"
        entry = entries.get(message)
        if entry is None or not entry.translated():
            state = "is fuzzy" if entry is not None and entry.fuzzy else "has no English translation"
            result.append(f"{where}: “{message.text}” {state}")
        elif unlike := _unlike_placeholders(message, entry):
            result.append(f"{where}: “{message.text}” and “{unlike}” have different placeholders")
    for message in sorted(entries.keys() - found.keys()):
        result.append(f"{ENGLISH}: “{message.text}” is not in the source any more")
    return result


def compile_all(root: Path = ROOT) -> None:
    """Write the binary catalogue of every language whose text is newer."""
    for text in (root / "locale").glob("*/LC_MESSAGES/*.po"):
        binary = text.with_suffix(".mo")
        if not binary.exists() or binary.stat().st_mtime < text.stat().st_mtime:
            # Several test processes may do this at once; none may read a half-written file.
            written = binary.with_suffix(f".{os.getpid()}")
            polib.pofile(str(text)).save_as_mofile(str(written))
            written.replace(binary)


def _source_files(root: Path) -> Iterator[Path]:
    for folder in SOURCES:
        for path in sorted((root / folder).rglob("*")):
            in_code = path.suffix == ".py" and "migrations" not in path.parts
            # Mails and letters are a whole file per language and hold no gettext, so they do no harm here.
            in_templates = path.suffix in (".html", ".txt") and "templates" in path.parts
            if in_code or in_templates:
                yield path


def _in_python(source: str) -> Iterator[tuple[Message, int]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        literals = [
            argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None
            for argument in node.args
        ]
        message = _message(name, literals)
        if message is not None:
            yield message, node.lineno


def _in_template(source: str, name: str) -> Iterator[tuple[Message, int]]:
    # Django keeps the lines, so that a match's position counts them.
    calls = templatize(source, origin=name)
    for match in _TEMPLATE_CALL.finditer(calls):
        literals = [ast.literal_eval(literal) for literal in re.findall(_LITERAL, match[2], re.DOTALL)]
        message = _message(match[1], literals)
        if message is not None:
            yield message, calls.count("\n", 0, match.start()) + 1


def _message(function: str, literals: list[str | None]) -> Message | None:
    positions = _FUNCTIONS.get(function)
    if positions is None:
        return None
    context, text, plural = (
        "" if position is None else literals[position] if position < len(literals) else None for position in positions
    )
    if not text or plural is None or context is None:
        return None
    return Message(text, plural, context)


def _key(entry: polib.POEntry) -> Message:
    return Message(entry.msgid, entry.msgid_plural, entry.msgctxt or "")


def _translations(catalogue: Path) -> dict[Message, list[str]]:
    known: dict[Message, list[str]] = {}
    for entry in polib.pofile(str(catalogue)) if catalogue.exists() else ():
        if entry.translated():
            forms = [entry.msgstr_plural[number] for number in sorted(entry.msgstr_plural)]
            known[_key(entry)] = forms or [entry.msgstr]
    return known


def _unlike_placeholders(message: Message, entry: polib.POEntry) -> str | None:
    expected = _placeholders(message.plural or message.text)
    # A singular may say "one" where the plural has the number.
    forms = [entry.msgstr_plural[max(entry.msgstr_plural)]] if message.plural else [entry.msgstr]
    return next((form for form in forms if _placeholders(form) != expected), None)


def _placeholders(text: str) -> set[str]:
    return {match[0] for match in _PLACEHOLDER.finditer(text)}


def main(arguments: list[str]) -> int:
    """Run one of the commands; return the exit status."""
    match arguments:
        case ["compile"]:
            compile_all()
        case ["update"]:
            missing = update()
            sys.stdout.writelines(f"“{message.text}” has no English translation\n" for message in missing)
        case ["check"]:
            found = problems()
            sys.stdout.writelines(f"{problem}\n" for problem in found)
            return 1 if found else 0
        case _:
            sys.stderr.write("compile, check or update\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
