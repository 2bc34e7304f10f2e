"""What `scan` and `preflight` take on the command line to say what is looked at, and how; and `discover` of whom."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Optional

import typer

from ekuscan.cli.log import LOG_FORMATS


def _finite(number: float | None) -> float | None:
    """Infinity and NaN are numbers to the parser, and within any range: a pause without end, a deadline never met."""
    if number is not None and not math.isfinite(number):
        raise typer.BadParameter(f"{number:g} is no number of seconds or connections.")
    return number


def _log_format(name: str) -> str:
    if name not in LOG_FORMATS:
        raise typer.BadParameter(f"found {name!r}; write one of {', '.join(LOG_FORMATS)}.")
    return name


Targets = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Argument(
        help="host, host:port, [v6]:port, scheme://host:port, a CIDR, @file with a line per host, or -.",
        metavar="[TARGET]...",
    ),
]
Assume = Annotated[bool, typer.Option("--assume/--no-assume", help="Assume connections that nobody declared.")]
Deadline = Annotated[float, typer.Option(min=0.1, callback=_finite, help="Seconds for one endpoint altogether.")]
ConnectTimeout = Annotated[float, typer.Option(min=0.1, callback=_finite, help="Seconds for one TCP connection.")]
Concurrency = Annotated[int, typer.Option(min=1, max=5000, help="Endpoints looked at at once.")]
SendOptions = Annotated[bool, typer.Option("--options/--no-options", help="Send one SIP OPTIONS per SIP port.")]
Proxy = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--proxy",
        help="http://host:port, socks5://host:port, none, or auto: as HTTPS_PROXY, ALL_PROXY and NO_PROXY say.",
        metavar="URL",
    ),
]
AllAddresses = Annotated[
    bool, typer.Option("--all-addresses", help="Every address of a name as an endpoint of its own.")
]
KeyTypes = Annotated[
    Optional[bool],  # noqa: UP045
    typer.Option(
        "--key-types/--no-key-types",
        help="Look with RSA alone and with ECDSA alone too; by default on Unified CM only.",
        show_default=False,
    ),
]
Versions = Annotated[bool, typer.Option("--versions", help="Look with TLS 1.2 alone and with TLS 1.3 alone too.")]
WithoutSni = Annotated[bool, typer.Option("--without-sni", help="Look without a server name too.")]
PostQuantum = Annotated[
    bool, typer.Option("--post-quantum", help="Look with a large ClientHello too, as browsers send it.")
]
Late = Annotated[
    bool, typer.Option("--late", help="GET / on https ports that asked for no certificate: do they ask then?")
]
ClientCerts = Annotated[
    Optional[list[Path]],  # noqa: UP045
    typer.Option(
        help="Present it where a certificate is asked for, but not in DTLS: a log-in attempt in the peer's log. "
        "Repeatable.",
        metavar="FILE",
    ),
]
ClientKeys = Annotated[
    Optional[list[Path]],  # noqa: UP045
    typer.Option(
        help="Its key, or that of all, unless their files hold it; password in EKUSCAN_PASSWORD. Repeatable.",
        metavar="FILE",
    ),
]
Credentials = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        help="Log-ins for appliances' APIs, which are only read; env: EKUSCAN_API_USER, EKUSCAN_API_PASSWORD.",
        metavar="FILE|env",
    ),
]
Rate = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(
        min=0.001, callback=_finite, help="Connections begun per second, over all hosts together.", metavar="N"
    ),
]
Jitter = Annotated[
    float,
    typer.Option(min=0, callback=_finite, help="Begin each connection up to so late, at random.", metavar="SECONDS"),
]
Pause = Annotated[
    float, typer.Option(min=0, callback=_finite, help="Between two handshakes with one host.", metavar="SECONDS")
]
Retries = Annotated[
    int, typer.Option(min=0, max=10, help="Try a connection that does not open again so often.", metavar="N")
]
RetryAfter = Annotated[
    float, typer.Option(min=0, callback=_finite, help="Before each of those tries.", metavar="SECONDS")
]
HistoryPlace = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--history",
        help="Another history than the usual one: a file or postgresql://USER@HOST/DATABASE; EKUSCAN_HISTORY too.",
        metavar="FILE|URL",
    ),
]
NoHistory = Annotated[bool, typer.Option("--no-history", help="Keep nothing of this run.")]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Go on with the last run of these targets that did not end, without dialling twice."),
]
LogFormat = Annotated[
    str,
    typer.Option(
        "--log-format", callback=_log_format, help="Of what is said beside the result: text, or json for a journal."
    ),
]

InternalServers = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--internal-server",
        help="Name server of the inside; without one this machine's. Repeatable.",
        metavar="ADDRESS",
    ),
]
ExternalServers = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--external-server",
        help="Name server that answers as for the outside, asked too. Repeatable.",
        metavar="ADDRESS",
    ),
]
AnswerTimeout = Annotated[
    float, typer.Option("--timeout", min=0.1, callback=_finite, help="Seconds for one question at one server.")
]
LookupDeadline = Annotated[float, typer.Option("--deadline", min=0.1, callback=_finite, help="Seconds for everything.")]
File = Annotated[
    Optional[Path],  # noqa: UP045  (typer reads the annotation at run time)
    typer.Option("-f", "--file", help="Targets file (YAML); - is standard input.", metavar="FILE"),
]
Slots = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--slot",
        help="A certificate that no port shows, from a file (PKCS #12: password in EKUSCAN_PASSWORD).",
        metavar="NAME:SLOT=FILE",
    ),
]
AsOf = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--as-of", help="Judge as if it were noon of that day (UTC); today is now.", metavar="DATE"),
]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        help="For standard output: table, json, jsonl, csv, markdown, junit, prometheus, nagios, sarif, ics, html or "
        "bundle.",
    ),
]
Output = Annotated[
    Optional[list[Path]],  # noqa: UP045
    typer.Option(
        "-o",
        "--output",
        help="Also write a file: .txt, .json, .jsonl, .csv, .md, .xml, .prom, .sarif, .ics, .html, .zip, or "
        "FORMAT:FILE.",
        metavar="FILE",
    ),
]
TrustData = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--trust-data", help="Another trust data file than the packed one.", metavar="FILE"),
]
Rules = Annotated[
    Optional[list[Path]],  # noqa: UP045
    typer.Option("--rules", help="Rule tables of your own (TOML), beside the packed ones.", metavar="FILE"),
]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Also ports, chains, stacks, and what is fine.")]
FailOn = Annotated[str, typer.Option("--fail-on", help="Exit 1 from this outcome on.", metavar="OUTCOME[:DAYS]")]
Color = Annotated[str, typer.Option("--color", help="auto, always or never.")]
WarnDays = Annotated[int, typer.Option("--warn-days", min=0, help="A break at renewal within so many days is high.")]
Vantage = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--vantage", help="Name of the place that is looked from, such as dmz.", metavar="NAME"),
]
