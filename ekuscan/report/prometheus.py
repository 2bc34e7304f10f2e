"""The result as Prometheus metrics, for the textfile collector of node_exporter.

Names and labels are stable. Labels are names of the inventory, ports and words of closed lists, never a fingerprint or
a subject, so a renewal makes no new series. What is not known has no sample; no value stands for "unknown".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import get_args

from prometheus_client.core import CollectorRegistry, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from ekuscan.model import Certificate, Eku, EndpointStatus, Outcome, Run, Stage
from ekuscan.report.rendering import Rendering, peer_of, request_of, said

SERVER_AUTH, CLIENT_AUTH, ANY = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"
_PURPOSES = {"serverAuth": SERVER_AUTH, "clientAuth": CLIENT_AUTH}


class _Collected(Collector):
    """A run as the library collects it."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def collect(self) -> Iterable[Metric]:
        run = self._run
        yield from _about(run)
        yield from _ports(run)
        yield from _certificates(run)
        yield from _verdicts(run)


def render(given: Rendering) -> Iterator[bytes]:
    """The metrics in the text format, with a line end at the end."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(given.run))
    yield generate_latest(registry)


def _gauge(name: str, told: str, samples: Mapping[tuple[str, ...], float], *labels: str) -> Metric:
    family = GaugeMetricFamily(f"ekuscan_{name}", told, labels=labels)
    for values, value in samples.items():
        family.add_metric([said(one) for one in values], value)
    return family


def _one(name: str, told: str, value: float | None) -> Metric:
    return _gauge(name, told, {} if value is None else {(): value})


def _about(run: Run) -> Iterator[Metric]:
    info, counts = run.run, run.summary.endpoints
    words = (info.ekuscan, info.rules.date, info.trust_data.date, info.trust_data.chrome_store, info.vantage or "")
    yield _gauge(
        "build_info",
        "The version of ekuscan, and the dates of the rules and the trust data that the run was judged by.",
        {words: 1},
        "version",
        "rules",
        "trust_data",
        "chrome_store",
        "vantage",
    )
    finished = info.finished.timestamp() if info.finished else None
    yield _one("run_started_timestamp_seconds", "When the run began.", info.started.timestamp())
    yield _one("last_run_timestamp_seconds", "When the run ended.", finished)
    lasted = (info.finished - info.started).total_seconds() if info.finished else None
    yield _one("run_duration_seconds", "How long the run took.", lasted)
    yield _one("run_complete", "1 if the run came to its end, 0 if it was interrupted.", float(info.complete))
    yield _one("run_exit_code", "The exit code of the run.", run.summary.exit)
    seen = counts.seen + counts.partial
    tried = seen + counts.failed + counts.skipped
    share = seen / tried if tried else None
    yield _one("run_coverage_ratio", "Ports that showed a certificate or banner, of those that should.", share)
    yield _one("undecided_connections", "Declared connections and targets without an answer.", run.summary.undecided)
    yield _one("rules_timestamp_seconds", "The newest day on which a rule was checked.", _midnight(info.rules.date))
    yield _one("trust_data_timestamp_seconds", "The day of the trust data.", _midnight(info.trust_data.date))


def _midnight(day: str) -> float | None:
    try:
        return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).timestamp()
    except ValueError:
        return None


def _ports(run: Run) -> Iterator[Metric]:
    statuses = Counter(one.status for one in run.observations)
    yield _gauge("ports", "Ports by status.", {(name,): statuses[name] for name in get_args(EndpointStatus)}, "status")
    failed = [one for one in run.observations if one.status == "failed" and one.failure is not None]
    stages = Counter(one.failure.stage for one in failed if one.failure is not None)
    told = "Ports that showed no certificate, by the stage at which it ended."
    yield _gauge("port_failures", told, {(name,): stages[name] for name in get_args(Stage)}, "stage")
    success: dict[tuple[str, ...], float] = {}
    requests: dict[tuple[str, ...], float] = {}
    for one in run.observations:
        place = (one.endpoint.target, str(one.endpoint.port), one.endpoint.protocol)
        if one.status in ("seen", "partial", "failed"):
            success[place] = min(success.get(place, 1), one.status != "failed")
        if any(sight.chain for sight in one.sights):
            requests[*place, request_of(one)] = 1
    labels = ("target", "port", "protocol")
    yield _gauge("probe_success", "1 if the port showed what it should, 0 if not.", success, *labels)
    told = "1 for whether the port asks for a client certificate: none, optional, required or unknown."
    yield _gauge("client_certificate_request", told, requests, *labels, "request")


def _certificates(run: Run) -> Iterator[Metric]:
    """By slot and kind of key; of several certificates there, the first end counts and the lesser usage."""
    ends: dict[tuple[str, ...], float] = {}
    usages: dict[tuple[str, ...], float] = {}
    for target in run.targets:
        for content in target.slots:
            certificate = run.certificates.get(content.sha256 or "")
            if certificate is None:
                continue
            place = (target.id, content.slot, certificate.key.partition(" ")[0])
            if certificate.not_after is not None:
                end = certificate.not_after.timestamp()
                ends[place] = min(ends.get(place, end), end)
            for purpose, fit in _fit_for(certificate):
                usages[*place, purpose] = min(usages.get((*place, purpose), 1), fit)
    labels = ("target", "slot", "key")
    told = "When the certificate in the slot ends (notAfter)."
    yield _gauge("certificate_not_after_timestamp_seconds", told, ends, *labels)
    told = "1 if the certificate's EKU lets it be used so, 0 if not; without the extension any use is allowed."
    yield _gauge("certificate_eku", told, usages, *labels, "purpose")


def _fit_for(certificate: Certificate) -> Iterator[tuple[str, bool]]:
    eku: Eku = certificate.eku
    if eku.state == "malformed":
        return
    for purpose, oid in _PURPOSES.items():
        yield purpose, eku.state == "absent" or oid in eku.oids or ANY in eku.oids


def _verdicts(run: Run) -> Iterator[Metric]:
    counts: dict[tuple[str, ...], float] = {
        (name,): float(run.summary.outcomes.get(name, 0)) for name in get_args(Outcome)
    }
    yield _gauge("verdicts", "Verdicts by outcome, without those that are waived.", counts, "outcome")
    yield _one("waived_verdicts", "Verdicts that a waiver accepts.", run.summary.waived)
    outcomes: dict[tuple[str, ...], float] = {}
    breaks: dict[tuple[str, ...], float] = {}
    waived: dict[tuple[str, ...], float] = {}
    for verdict in run.verdicts:
        place = (verdict.target, peer_of(verdict), verdict.use_case, verdict.rule)
        outcomes[*place, verdict.outcome] = 1
        if verdict.waived is not None:
            end = datetime.combine(verdict.waived.until + timedelta(days=1), datetime.min.time(), UTC).timestamp()
            waived[place] = min(waived.get(place, end), end)
        if verdict.outcome == "breaks-at-renewal" and verdict.when is not None:
            end = verdict.when.timestamp()
            breaks[place] = min(breaks.get(place, end), end)
    labels = ("target", "peer", "use_case", "rule")
    yield _gauge("use_case_outcome", "1 for the outcome of a use case of a target.", outcomes, *labels, "outcome")
    told = "When a use case breaks unless its certificate is renewed with both EKUs."
    yield _gauge("use_case_breaks_timestamp_seconds", told, breaks, *labels)
    told = "When the waiver of a use case of a target ends; only what a waiver accepts has it."
    yield _gauge("use_case_waived_until_timestamp_seconds", told, waived, *labels)
