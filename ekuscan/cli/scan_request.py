"""The command line of ``scan`` as it was typed."""

from __future__ import annotations

from pathlib import Path

from ekuscan.record import record


@record
class ScanRequest:
    """What each option means stands in its help; ``key_types`` is None where neither was said.

    ``credentials`` is a file, or the word "env" for the environment alone. ``keep``: the run goes into a history,
    ``history`` says which one if it is not the usual one.
    """

    targets: tuple[str, ...] = ()
    file: Path | None = None
    slots: tuple[str, ...] = ()
    as_of: str | None = None
    assume: bool = True
    format: str = "table"
    outputs: tuple[Path, ...] = ()
    verbose: bool = False
    warn_days: int = 45
    fail_on: str = "breaks-now"
    deadline: float = 15.0
    connect_timeout: float = 3.0
    concurrency: int = 200
    options: bool = True
    key_types: bool | None = None
    versions: bool = False
    without_sni: bool = False
    post_quantum: bool = False
    late: bool = False
    all_addresses: bool = False
    proxy: str | None = None
    client_certs: tuple[Path, ...] = ()
    client_keys: tuple[Path, ...] = ()
    credentials: Path | None = None
    rate: float | None = None
    jitter: float = 0.0
    pause: float = 0.0
    retries: int = 0
    retry_after: float = 1.0
    rules: tuple[Path, ...] = ()
    trust_data: Path | None = None
    color: str = "auto"
    vantage: str | None = None
    keep: bool = False
    history: str | None = None
    resume: bool = False
    log_format: str = "text"
    quiet: bool = False
    confirm: int = 1
    notify: tuple[str, ...] = ()
    notify_secret_file: Path | None = None
    report_url: str | None = None
    thresholds: tuple[int, ...] = ()


def looked(request: ScanRequest) -> tuple[str, ...]:
    """The options that change what is seen of an endpoint, by their names: what two runs with others saw is not held
    against each other."""
    given = {
        "--no-options": not request.options,
        "--key-types": request.key_types is True,
        "--no-key-types": request.key_types is False,
        "--versions": request.versions,
        "--without-sni": request.without_sni,
        "--post-quantum": request.post_quantum,
        "--late": request.late,
        "--all-addresses": request.all_addresses,
        "--proxy": request.proxy is not None,
        "--client-cert": bool(request.client_certs),
        "--credentials": request.credentials is not None,
        "--slot": bool(request.slots),
    }
    return tuple(name for name, is_given in given.items() if is_given)
