"""The commands that look at endpoints: scan, preflight, and the lab to try them on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

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
from ekuscan.cli.notify_options import Confirm, Notify, NotifySecretFile, Quiet, ReportUrl, Thresholds
from ekuscan.cli.options import (
    AllAddresses,
    AsOf,
    Assume,
    ClientCerts,
    ClientKeys,
    Color,
    Concurrency,
    ConnectTimeout,
    Credentials,
    Deadline,
    FailOn,
    File,
    Format,
    HistoryPlace,
    Jitter,
    KeyTypes,
    Late,
    LogFormat,
    NoHistory,
    Output,
    Pause,
    PostQuantum,
    Proxy,
    Rate,
    Resume,
    Retries,
    RetryAfter,
    Rules,
    SendOptions,
    Slots,
    Targets,
    TrustData,
    Vantage,
    Verbose,
    Versions,
    WarnDays,
    WithoutSni,
)


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


def demo(
    estate: Annotated[str, typer.Argument(help="Which estate of the lab to scan.")] = "demo",
    verbose: Verbose = False,
    format_: Format = "table",
    color: Color = "auto",
) -> None:
    """Scan the built-in lab on loopback and print the report: nothing else is contacted."""
    from ekuscan.cli.demo import demo as run

    raise typer.Exit(run(estate, verbose=verbose, format_=format_, color=color))
