"""The man page, made from the tree of commands: what ``--help`` says of each, in roff (man(7))."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer
from typer.main import get_command

# What a person may set around ekuscan, in the order of the alphabet.
_ENVIRONMENT = {
    "COLUMNS": "How wide a report is.",
    "EKUSCAN_API_USER, EKUSCAN_API_PASSWORD": "The log-in for appliances' APIs, with --credentials env.",
    "EKUSCAN_DEBUG": "Set to 1, a fault of ekuscan itself ends with Python's traceback.",
    "EKUSCAN_HISTORY": "Another history than the usual one: a file, or the URL of a PostgreSQL database.",
    "EKUSCAN_NOTIFY_NAME": "The URL of the channel NAME, for --notify NAME.",
    "EKUSCAN_NOTIFY_SECRET": "The key by which messages to a generic webhook are signed.",
    "EKUSCAN_PASSWORD": "The password of PKCS #12 files and of private keys.",
    "EKUSCAN_PROXY, EKUSCAN_PROXY_PASSWORD": "The proxy to go through, where no option names one, and its password.",
    "EKUSCAN_SMTP_PASSWORD": "The password of the mail server.",
    "FORCE_COLOR, NO_COLOR": "Colour also where no terminal is, and none anywhere.",
    "HTTPS_PROXY, ALL_PROXY, NO_PROXY": "The proxy to go through, with --proxy auto.",
}
# How the parser writes values for which an option names no word of its own.
_KINDS = {"<list[str]>": "", "<str>": "WORD", "<path>": "FILE", "<int range>": "N", "<float range>": "N"}
_KIND = re.compile(r"<[^>]*>")
_EXAMPLES = re.compile(r"\n\s*Examples:\s*(?P<lines>.*)\Z", re.DOTALL)


def man_page(app: typer.Typer, version: str) -> str:
    """The page of section 1 for a typer application and all commands below it."""
    command = get_command(app)
    with command.make_context("ekuscan", ["--version"], resilient_parsing=True) as context:
        return "\n".join(_page(command, context, version)) + "\n"


def _page(command: Any, context: Any, version: str) -> Iterator[str]:
    yield f'.TH EKUSCAN 1 "" "ekuscan {_text(version)}" "User Commands"'
    yield ".SH NAME"
    yield f"ekuscan \\- {_text(_first_lower(command.help).rstrip('.'))}"
    yield ".SH SYNOPSIS"
    yield ".B ekuscan"
    yield r"\fICOMMAND\fR [\fIOPTION\fR]... [\fIARGUMENT\fR]..."
    yield ".SH OPTIONS"
    yield from _options(command, context)
    yield ".SH COMMANDS"
    for name, below in command.commands.items():
        yield from _command(f"ekuscan {name}", below, context)
    yield ".SH EXIT STATUS"
    for code, meaning in _codes(command.epilog):
        yield ".TP"
        yield f".B {code}"
        yield _text(meaning)
    yield ".SH ENVIRONMENT"
    for name, meaning in _ENVIRONMENT.items():
        yield ".TP"
        yield f".B {_text(name)}"
        yield _text(meaning)


def _command(name: str, command: Any, context: Any) -> Iterator[str]:
    """One command; one that has others below it gives the way to them."""
    for below_name, below in getattr(command, "commands", {}).items():
        yield from _command(f"{name} {below_name}", below, context)
    if hasattr(command, "commands"):
        return
    arguments = " ".join(_usage(one) for one in command.params if one.param_type_name == "argument")
    yield f".SS {_text(name)} {_text(arguments)}".rstrip()
    text, examples = _told(command.help or "")
    for paragraph in text:
        yield _text(paragraph)
        yield ".PP"
    yield from _options(command, context)
    if examples:
        yield ".PP"
        yield "For example:"
        yield ".RS"
        yield ".nf"
        yield from map(_text, examples)
        yield ".fi"
        yield ".RE"


def _usage(argument: Any) -> str:
    """An argument as a usage line has it."""
    name = argument.metavar or argument.name.upper()
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _options(command: Any, context: Any) -> Iterator[str]:
    for one in command.params:
        record = one.get_help_record(context)
        if record is not None:
            yield ".TP"
            yield f".B {_text(_KIND.sub(lambda match: _KINDS.get(match[0], match[0]), record[0]).rstrip())}"
            yield _text(" ".join(record[1].split()))


def _told(text: str) -> tuple[list[str], list[str]]:
    """The paragraphs of a command's help, and its examples, a command line each."""
    found = _EXAMPLES.search(text)
    lines = [] if found is None else [" ".join(one.split()).rstrip(".") for one in found["lines"].split(";")]
    paragraphs = (text if found is None else text[: found.start()]).split("\n\n")
    return [" ".join(one.split()) for one in paragraphs if one.strip()], lines


def _codes(epilog: str) -> Iterator[tuple[str, str]]:
    """Exit codes and what each means, out of the sentence that ``--help`` ends with."""
    for one in epilog.partition(":")[2].rstrip(".").split(";"):
        code, _, meaning = one.strip().partition(" ")
        yield code, meaning


def _first_lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _text(text: str) -> str:
    """Text that roff prints as it stands: no line of it is a request, and a hyphen stays one that can be copied."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain
