"""The tree of commands. Bodies are imported when they run, so that ``--help`` loads no cryptography."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from pathlib import Path
from typing import Annotated, Optional

import typer

from ekuscan import __version__
from ekuscan.cli.change_options import (
    Csr,
    NewCert,
    NewKey,
    On,
    PreflightFailOn,
    PreflightFormat,
    PreflightOutput,
    Renew,
    Set,
    To,
)
from ekuscan.cli.departure import loss, outlive_readers
from ekuscan.cli.history_commands import history_app
from ekuscan.cli.notify_options import Confirm, Notify, NotifySecretFile, Quiet, ReportUrl, Thresholds
from ekuscan.cli.options import (
    AllAddresses,
    AnswerTimeout,
    Assume,
    ClientCerts,
    ClientKeys,
    Concurrency,
    ConnectTimeout,
    Credentials,
    Deadline,
    ExternalServers,
    HistoryPlace,
    InternalServers,
    Jitter,
    KeyTypes,
    Late,
    LogFormat,
    LookupDeadline,
    NoHistory,
    Pause,
    PostQuantum,
    Proxy,
    Rate,
    Resume,
    Retries,
    RetryAfter,
    SendOptions,
    Targets,
    Versions,
    WithoutSni,
)

_EPILOG = (
    "Exit codes: 0 nothing at or above --fail-on, everything seen; 1 something at or above it; 2 cannot start (usage, "
    "bad input) or not write; 3 nothing breaks, but an endpoint stayed unseen or a declared connection undecided; "
    "4 a bug of ekuscan; 130 interrupted."
)

_PREFLIGHT_EPILOG = (
    "Exit codes: 0 go: nothing breaks that works today; 1 no-go: something does, a certificate cannot be installed, or "
    "something is at or above --fail-on; 2 cannot start (usage, bad input, a change of nothing) or not write; "
    "3 undecided: an unknown fact decides, or a port of what is changed was not seen; 4 a bug of ekuscan; "
    "130 interrupted."
)

_REPORT_EPILOG = (
    "Exit codes: 0 written, whatever the result says; 2 cannot start (usage, no result) or not write; "
    "4 a bug of ekuscan. With --to nagios the state of the check: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN."
)

_IMPORT_EPILOG = (
    "Exit codes: 0 done, or nothing to change; 2 cannot start (usage, a source or a targets file that cannot be used) "
    "or not write; 3 an appliance told nothing, what the others told is merged; 4 a bug of ekuscan; 130 interrupted."
)

_DISCOVER_EPILOG = (
    "Exit codes: 0 every name server answered, whatever the records say; 2 cannot start (usage, a targets file that "
    "cannot be used) or not write; 3 a server gave no answer, so something stayed unseen; "
    "4 a bug of ekuscan; 130 interrupted."
)

_DIFF_EPILOG = (
    "Exit codes: 0 nothing changed; 1 something did; 2 cannot start (usage, a result that cannot be read); 3 nothing "
    "is known to have changed, but a run was broken off or endpoints were not looked at; 4 a bug of ekuscan."
)

app = typer.Typer(
    name="ekuscan",
    help="Finds which mutual-TLS use cases of Cisco collaboration products break when certificates lose clientAuth.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
)
targets_app = typer.Typer(help="Check, describe and begin targets files.", no_args_is_help=True, rich_markup_mode=None)
trust_app = typer.Typer(help="The packed trust data.", no_args_is_help=True, rich_markup_mode=None)
notify_app = typer.Typer(help="Alerts to webhooks and mail.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(targets_app, name="targets")
app.add_typer(notify_app, name="notify")
app.add_typer(trust_app, name="trust")
app.add_typer(history_app, name="history")

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
    typer.Option("--as-of", help="Judge as if it were that day (UTC).", metavar="DATE"),
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
WarnDays = Annotated[int, typer.Option("--warn-days", min=0, help="A break at renewal within so many days is high.")]
FailOn = Annotated[str, typer.Option("--fail-on", help="Exit 1 from this outcome on.", metavar="OUTCOME[:DAYS]")]
Color = Annotated[str, typer.Option("--color", help="auto, always or never.")]
Vantage = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--vantage", help="Name of the place that is looked from, such as dmz.", metavar="NAME"),
]


Results = Annotated[
    list[str],
    typer.Argument(help="A result (.json or .jsonl) or -; two that were seen from two places.", metavar="RESULT"),
]
ReportTo = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--to", "--format", help="The format, where no file's suffix says it.", metavar="FORMAT"),
]
ReportOutput = Annotated[
    Optional[list[Path]],  # noqa: UP045
    typer.Option(
        "-o",
        "--output",
        help="Write a file, nothing to standard output: .txt, .json, .csv, .md, .xml, .prom, .sarif, .ics, .html or "
        ".zip.",
        metavar="FILE",
    ),
]
Redact = Annotated[bool, typer.Option("--redact", help="Leave names out of a bundle: hosts, addresses, subjects.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ekuscan {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(epilog=_EPILOG)
def scan(
    targets: Targets = None,
    file: File = None,
    slots: Slots = None,
    as_of: AsOf = None,
    assume: Assume = True,
    format_: Format = "table",
    output: Output = None,
    verbose: Verbose = False,
    warn_days: Thresholds = "45",
    fail_on: FailOn = "breaks-now",
    deadline: Deadline = 15.0,
    connect_timeout: ConnectTimeout = 3.0,
    concurrency: Concurrency = 200,
    options: SendOptions = True,
    proxy: Proxy = None,
    all_addresses: AllAddresses = False,
    key_types: KeyTypes = None,
    versions: Versions = False,
    without_sni: WithoutSni = False,
    post_quantum: PostQuantum = False,
    late: Late = False,
    client_cert: ClientCerts = None,
    client_key: ClientKeys = None,
    credentials: Credentials = None,
    rate: Rate = None,
    jitter: Jitter = 0.0,
    pause: Pause = 0.0,
    retries: Retries = 0,
    retry_after: RetryAfter = 1.0,
    rules: Rules = None,
    trust_data: TrustData = None,
    color: Color = "auto",
    vantage: Vantage = None,
    history: HistoryPlace = None,
    no_history: NoHistory = False,
    resume: Resume = False,
    log_format: LogFormat = "text",
    quiet: Quiet = False,
    confirm: Confirm = 1,
    notify: Notify = None,
    notify_secret_file: NotifySecretFile = None,
    report_url: ReportUrl = None,
) -> None:
    """Look at endpoints over TLS and judge every mutual-TLS use case.

    Examples: ekuscan scan exp-e1.example.com exp-c1.example.com;
    ekuscan scan -f targets.yaml;
    ekuscan scan 192.0.2.10:5061 --format json
    """
    from ekuscan.cli.scan import scan as run
    from ekuscan.cli.scan_request import ScanRequest

    request = ScanRequest(
        targets=tuple(targets or ()),
        file=file,
        slots=tuple(slots or ()),
        as_of=as_of,
        assume=assume,
        format=format_,
        outputs=tuple(output or ()),
        verbose=verbose,
        warn_days=warn_days[0],
        thresholds=warn_days,
        quiet=quiet,
        confirm=confirm,
        notify=tuple(notify or ()),
        notify_secret_file=notify_secret_file,
        report_url=report_url,
        fail_on=fail_on,
        deadline=deadline,
        connect_timeout=connect_timeout,
        concurrency=concurrency,
        options=options,
        key_types=key_types,
        versions=versions,
        without_sni=without_sni,
        post_quantum=post_quantum,
        late=late,
        all_addresses=all_addresses,
        proxy=proxy,
        client_certs=tuple(client_cert or ()),
        client_keys=tuple(client_key or ()),
        credentials=credentials,
        rate=rate,
        jitter=jitter,
        pause=pause,
        retries=retries,
        retry_after=retry_after,
        rules=tuple(rules or ()),
        trust_data=trust_data,
        color=color,
        vantage=vantage,
        keep=not no_history,
        history=history,
        resume=resume,
        log_format=log_format,
    )
    raise typer.Exit(run(request))


@app.command(epilog=_REPORT_EPILOG)
def report(
    results: Results,
    to: ReportTo = None,
    output: ReportOutput = None,
    redact: Redact = False,
    verbose: Verbose = False,
    warn_days: WarnDays = 45,
    assume: Assume = True,
    fail_on: FailOn = "breaks-now",
    rules: Rules = None,
    trust_data: TrustData = None,
    color: Color = "auto",
) -> None:
    """Write a saved result in any format, or two from two places put together. Nothing is scanned.

    Examples: ekuscan report run.json -o run.csv -o run.sarif;
    ekuscan report inside.json dmz.json;
    ekuscan report run.json --to bundle --redact -o case.zip
    """
    from ekuscan.cli.report import ReportRequest
    from ekuscan.cli.report import report as run

    request = ReportRequest(
        results=tuple(results),
        to=to,
        outputs=tuple(output or ()),
        redact=redact,
        verbose=verbose,
        warn_days=warn_days,
        assume=assume,
        fail_on=fail_on,
        rules=tuple(rules or ()),
        trust_data=trust_data,
        color=color,
    )
    raise typer.Exit(run(request))


@app.command(epilog=_PREFLIGHT_EPILOG)
def preflight(
    targets: Targets = None,
    file: File = None,
    slots: Slots = None,
    to: To = None,
    set_: Set = None,
    new_cert: NewCert = None,
    new_key: NewKey = None,
    csr: Csr = None,
    renew: Renew = None,
    on: On = None,
    as_of: AsOf = None,
    assume: Assume = True,
    format_: PreflightFormat = "table",
    output: PreflightOutput = None,
    verbose: Verbose = False,
    warn_days: WarnDays = 45,
    fail_on: PreflightFailOn = None,
    deadline: Deadline = 15.0,
    connect_timeout: ConnectTimeout = 3.0,
    concurrency: Concurrency = 200,
    options: SendOptions = True,
    proxy: Proxy = None,
    all_addresses: AllAddresses = False,
    key_types: KeyTypes = None,
    versions: Versions = False,
    without_sni: WithoutSni = False,
    post_quantum: PostQuantum = False,
    late: Late = False,
    client_cert: ClientCerts = None,
    client_key: ClientKeys = None,
    credentials: Credentials = None,
    rate: Rate = None,
    jitter: Jitter = 0.0,
    pause: Pause = 0.0,
    retries: Retries = 0,
    retry_after: RetryAfter = 1.0,
    rules: Rules = None,
    trust_data: TrustData = None,
    color: Color = "auto",
) -> None:
    """Before a change: look as `scan` does, and say what would break, get better and stay; go or no-go.

    Examples: ekuscan preflight -f targets.yaml --to expressway=X15.5;
    ekuscan preflight -f targets.yaml --renew default --on 2027-02-19;
    ekuscan preflight -f targets.yaml --new-cert exp-c1:client=new.pem
    """
    from ekuscan.cli.preflight import preflight as run
    from ekuscan.cli.preflight_request import PreflightRequest
    from ekuscan.cli.scan_request import ScanRequest

    scan_request = ScanRequest(
        targets=tuple(targets or ()),
        file=file,
        slots=tuple(slots or ()),
        as_of=as_of,
        assume=assume,
        format=format_,
        outputs=tuple(output or ()),
        verbose=verbose,
        warn_days=warn_days,
        deadline=deadline,
        connect_timeout=connect_timeout,
        concurrency=concurrency,
        options=options,
        key_types=key_types,
        versions=versions,
        without_sni=without_sni,
        post_quantum=post_quantum,
        late=late,
        all_addresses=all_addresses,
        proxy=proxy,
        client_certs=tuple(client_cert or ()),
        client_keys=tuple(client_key or ()),
        credentials=credentials,
        rate=rate,
        jitter=jitter,
        pause=pause,
        retries=retries,
        retry_after=retry_after,
        rules=tuple(rules or ()),
        trust_data=trust_data,
        color=color,
    )
    request = PreflightRequest(
        scan=scan_request,
        to=tuple(to or ()),
        set=tuple(set_ or ()),
        new_certs=tuple(new_cert or ()),
        new_keys=tuple(new_key or ()),
        requests=tuple(csr or ()),
        renew=tuple(renew or ()),
        on=on,
        fail_on=fail_on,
    )
    raise typer.Exit(run(request))


@app.command(epilog=_DIFF_EPILOG)
def diff(
    before: Annotated[
        str, typer.Argument(help="The earlier run: a saved result, or last~1, a day, an id.", metavar="BEFORE")
    ],
    after: Annotated[str, typer.Argument(help="The later one; last is the last run.", metavar="AFTER")],
    history: HistoryPlace = None,
    format_: PreflightFormat = "table",
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Also what else differs, and each verdict with the reason.")
    ] = False,
    rules: Rules = None,
    trust_data: TrustData = None,
    color: Color = "auto",
) -> None:
    """What changed between two runs: one line for each cause, with the verdicts that it changed.

    Examples: ekuscan diff last~1 last; ekuscan diff monday.json tuesday.json --format json
    """
    from ekuscan.cli.diff import DiffRequest
    from ekuscan.cli.diff import diff as run

    request = DiffRequest(
        before=before,
        after=after,
        format=format_,
        verbose=verbose,
        rules=tuple(rules or ()),
        trust_data=trust_data,
        color=color,
        history=history,
    )
    raise typer.Exit(run(request))


@app.command(epilog=_EPILOG)
def inspect(
    files: Annotated[list[Path], typer.Argument(help="PEM, DER, PKCS #7, PKCS #12 or CSR; - is standard input.")],
    as_: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--as", help="Judge for a product, e.g. expressway-c@X15.4.", metavar="ROLE[@RELEASE]"),
    ] = None,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", help="A setting of that product.", metavar="SETTING=VALUE"),
    ] = None,
    slot: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--slot", help="The slot it is meant for, several times if several; else the product's main one."),
    ] = None,
    password_file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--password-file", help="Password of a PKCS #12 file; else EKUSCAN_PASSWORD.", metavar="FILE"),
    ] = None,
    as_of: AsOf = None,
    format_: Format = "table",
    output: Output = None,
    verbose: Verbose = False,
    fail_on: FailOn = "breaks-now",
    rules: Rules = None,
    trust_data: TrustData = None,
    color: Color = "auto",
) -> None:
    """Judge certificate files without network; each file is a chain of its own.

    Examples: ekuscan inspect new.pem; ekuscan inspect new.pem --as expressway-c@X15.4
    """
    from ekuscan.cli.inspect import InspectRequest
    from ekuscan.cli.inspect import inspect as run

    request = InspectRequest(
        files=tuple(files),
        role=as_,
        settings=tuple(settings or ()),
        slots=tuple(slot or ()),
        password_file=password_file,
        as_of=as_of,
        format=format_,
        outputs=tuple(output or ()),
        verbose=verbose,
        fail_on=fail_on,
        rules=tuple(rules or ()),
        trust_data=trust_data,
        color=color,
    )
    raise typer.Exit(run(request))


@app.command()
def explain(
    subject: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            help="A rule (X11), use case (mra), question (F16), alert (43), date, remedy or setting; with --result the "
            "id of a verdict, or a part of it that is unique."
        ),
    ] = None,
    result: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--result", help="A saved result, whose verdict is unfolded: scan -o run.json.", metavar="FILE"),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List everything that can be explained.")] = False,
    rules: Rules = None,
) -> None:
    """Explain a rule, a use case, a question of the Cisco document, an alert, a date, a remedy or a setting.

    With --result: how a verdict came about, fact by fact and row by row.

    Examples: ekuscan explain X11; ekuscan explain exp-c1/https/X01 --result run.json
    """
    from ekuscan.cli.explain import explain as run

    raise typer.Exit(run(subject, tuple(rules or ()), result, everything=list_))


@app.command()
def calendar(
    sources: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Argument(help="Certificate files, and results of `scan -o run.json`.", metavar="[FILE]..."),
    ] = None,
    file: File = None,
    slots: Slots = None,
    as_of: AsOf = None,
    past: Annotated[bool, typer.Option("--past", help="Also the days that have passed.")] = False,
    format_: Annotated[str, typer.Option("--format", help="For standard output: table or ics.")] = "table",
    output: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Option("-o", "--output", help="Also write a file: .ics or .txt.", metavar="FILE"),
    ] = None,
    alarm: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=0, max=3650, help="In .ics: a reminder so many days before each.", metavar="DAYS"),
    ] = None,
    rules: Rules = None,
    trust_data: TrustData = None,
) -> None:
    """The days that matter: policy dates, and for certificates the last day of each and the last day to renew.

    Examples: ekuscan calendar run.json; ekuscan calendar -f targets.yaml -o certificates.ics
    """
    from ekuscan.cli.calendar import CalendarRequest
    from ekuscan.cli.calendar import calendar as run

    request = CalendarRequest(
        sources=tuple(sources or ()),
        file=file,
        slots=tuple(slots or ()),
        as_of=as_of,
        past=past,
        format=format_,
        outputs=tuple(output or ()),
        alarm=alarm,
        rules=tuple(rules or ()),
        trust_data=trust_data,
    )
    raise typer.Exit(run(request))


@app.command("import", epilog=_IMPORT_EPILOG)
def import_(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="xConfiguration or xStatus text, a diagnostic log (.tar.gz, .zip or unpacked), CSV, nmap's XML; - is "
            "standard input. https://HOST is an appliance, whose API is asked.",
            metavar="SOURCE...",
        ),
    ],
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-f", "--file", help="Targets file to add to; without it the text is printed.", metavar="FILE"),
    ] = None,
    as_: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--as", help="What the sources are, where their content does not tell.", metavar="KIND"),
    ] = None,
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--name", help="What to call the one box that all sources describe.", metavar="NAME"),
    ] = None,
    role: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--role", help="Its role, where the source does not tell.", metavar="ROLE"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Where the file says something else, take the source's word.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change, and change nothing.")] = False,
    credentials: Credentials = None,
) -> None:
    """Put what appliances tell of themselves into a targets file; what a person wrote in it stays.

    Examples: ekuscan import diagnostic_log.tar.gz -f targets.yaml;
    ekuscan import exp-c1.txt exp-e1.txt -f targets.yaml --dry-run
    """
    from ekuscan.cli.import_sources import ImportRequest
    from ekuscan.cli.import_sources import import_sources as run

    request = ImportRequest(
        sources=tuple(sources),
        file=file,
        as_=as_,
        name=name,
        role=role,
        overwrite=overwrite,
        dry_run=dry_run,
        credentials=credentials,
    )
    raise typer.Exit(run(request))


@app.command(epilog=_DISCOVER_EPILOG)
def discover(
    domains: Annotated[list[str], typer.Argument(help="Domains, for example example.com.", metavar="DOMAIN...")],
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-f", "--file", help="Targets file to add to; without it the text is printed.", metavar="FILE"),
    ] = None,
    internal_server: InternalServers = None,
    external_server: ExternalServers = None,
    timeout: AnswerTimeout = 4.0,
    deadline: LookupDeadline = 60.0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Where the file says something else, take the records' word.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change, and change nothing.")] = False,
) -> None:
    """Find the boxes behind a domain by its SRV records, and what is wrong with these, inside and outside.

    Examples: ekuscan discover example.com;
    ekuscan discover example.com --external-server 198.51.100.53 -f targets.yaml
    """
    from ekuscan.cli.discover import DiscoverRequest
    from ekuscan.cli.discover import discover as run

    request = DiscoverRequest(
        domains=tuple(domains),
        file=file,
        internal_servers=tuple(internal_server or ()),
        external_servers=tuple(external_server or ()),
        answer=timeout,
        deadline=deadline,
        overwrite=overwrite,
        dry_run=dry_run,
    )
    raise typer.Exit(run(request))


@targets_app.command("check")
def targets_check(
    targets: Annotated[Optional[list[str]], typer.Argument(metavar="[TARGET]...")] = None,  # noqa: UP045
    file: File = None,
    slots: Slots = None,
    rules: Rules = None,
) -> None:
    """Read a targets file or host list as `scan` would, and say what it means or everything that is wrong."""
    from ekuscan.cli.targets import check

    raise typer.Exit(check(tuple(targets or ()), file, tuple(slots or ()), tuple(rules or ())))


@targets_app.command("schema")
def targets_schema(rules: Rules = None) -> None:
    """Print the JSON Schema of targets files, for editors."""
    from ekuscan.cli.targets import schema

    raise typer.Exit(schema(tuple(rules or ())))


@targets_app.command("init")
def targets_init(
    targets: Annotated[Optional[list[str]], typer.Argument(metavar="[TARGET]...")] = None,  # noqa: UP045
) -> None:
    """Print a commented targets file to begin with, for the hosts that are named or else for two examples."""
    from ekuscan.cli.targets import init

    raise typer.Exit(init(tuple(targets or ())))


@notify_app.command("test")
def notify_test(notify: Notify = None, notify_secret_file: NotifySecretFile = None) -> None:
    """Send a test message to each channel, and say whether it was taken."""
    from ekuscan.cli.notify import NotifyRequest, test

    raise typer.Exit(test(NotifyRequest(tuple(notify or ()), notify_secret_file)))


@trust_app.command("show")
def trust_show(
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(help="Part of a CA's name, its owner, or a SHA-256 fingerprint."),
    ] = None,
    trust_data: TrustData = None,
) -> None:
    """Show which trust data is packed, or what it says about a CA."""
    from ekuscan.cli.trust import show

    raise typer.Exit(show(name, trust_data))


@app.command()
def unattended(
    piece: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(help="Which one; without a name they are listed.", metavar="[NAME]"),
    ] = None,
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-f", "--file", help="The targets file that is swept.", metavar="FILE"),
    ] = None,
) -> None:
    """Print what sweeps every night and watches the result: systemd, cron, container, Prometheus, Grafana.

    Examples: ekuscan unattended service -f targets.yaml; ekuscan unattended prometheus-rules
    """
    from ekuscan.cli.unattended import unattended as run

    raise typer.Exit(run(piece, file))


@app.command()
def man() -> None:
    """Print the man page.

    Examples: ekuscan man | man -l -; ekuscan man > /usr/local/share/man/man1/ekuscan.1
    """
    from ekuscan.cli.man_page import man_page

    print(man_page(app, __version__), end="")


@app.command()
def lab(
    estate: Annotated[str, typer.Argument(help="Which estate to simulate; `ekuscan lab list` names them.")] = "demo",
    directory: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--directory", help="Where targets.yaml and certificates go; by default a new folder."),
    ] = None,
) -> None:
    """Simulate appliances on loopback until Ctrl-C, and say how to scan them."""
    from ekuscan.cli.lab import lab as run

    raise typer.Exit(run(estate, directory))


@app.command()
def demo(
    estate: Annotated[str, typer.Argument(help="Which estate of the lab to scan.")] = "demo",
    verbose: Verbose = False,
    format_: Format = "table",
    color: Color = "auto",
) -> None:
    """Scan the built-in lab on loopback and print the report: nothing else is contacted."""
    from ekuscan.cli.demo import demo as run

    raise typer.Exit(run(estate, verbose=verbose, format_=format_, color=color))


def main() -> None:
    """Entry point. Output that could not be written ends with exit code 2, whatever the command found."""
    # Loading and sweeping make little garbage: nearly all that is made stays until the end.
    gc.set_threshold(50_000, 50, 100)
    # httpx leaves such a coroutine behind where a scan is cut short at the wrong moment: nothing that a person can use.
    warnings.filterwarnings("ignore", "coroutine 'connect_tcp", RuntimeWarning)
    outlive_readers()
    code = _ended()
    why = loss(sys.stdout)
    if why is not None:
        typer.echo(f"ekuscan: standard output: cannot be written: {why}", err=True)
        code = 2
    sys.exit(code)


def _ended() -> int | str | None:
    """Run the command; returns its exit code. A fault of ekuscan's own is named in one line, and its code is 4."""
    try:
        app()
    except SystemExit as end:
        return end.code
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get("EKUSCAN_DEBUG"):
            raise
        typer.echo(f"ekuscan: a bug of ekuscan: {type(error).__name__}: {error}; EKUSCAN_DEBUG=1 shows where", err=True)
        return 4
    return 0
