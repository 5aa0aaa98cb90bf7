"""Prometheus metrics of results, for a textfile collector or an endpoint: `probe_<what>_<unit>`."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from liveavatar_ops.health.report.result import HealthResult
from liveavatar_ops.health.verdicts import Verdict

LABELS = ("target", "stack", "depth")
_UNITS = {"s": "seconds", "share": "ratio", "fps": "fps", "dBFS": "dbfs", "": "value"}


def fill(registry: CollectorRegistry, results: Iterable[HealthResult]) -> None:
    """Register and set one gauge a measure, the verdict as a state set, time, cost and end of each check."""
    success = Gauge("probe_success", "1 when the avatar is healthy or degraded", LABELS, registry=registry)
    verdict = Gauge(
        "probe_verdict", "1 for the verdict of the last check", (*LABELS, "verdict"), registry=registry
    )
    cause = Gauge("probe_cause_info", "Cause of the last check", (*LABELS, "cause"), registry=registry)
    took = Gauge("probe_duration_seconds", "Length of the check", LABELS, registry=registry)
    began = Gauge("probe_started_timestamp_seconds", "Start of the check", LABELS, registry=registry)
    cost = Gauge("probe_credits", "Credits spent by the check", LABELS, registry=registry)
    seen: dict[str, Gauge] = {}
    for result in results:
        labels = (result.target.name, result.target.stack or "", result.target.depth.value)
        judged = result.judgement
        success.labels(*labels).set(judged.verdict in {Verdict.HEALTHY, Verdict.DEGRADED})
        for each in Verdict:
            verdict.labels(*labels, each.value).set(each is judged.verdict)
        cause.labels(*labels, judged.cause.value).set(1)
        took.labels(*labels).set(result.facts.finished_s)
        began.labels(*labels).set(result.facts.started_at.timestamp())
        spent = result.credits.spent if result.credits.spent is not None else result.credits.estimate
        if spent is not None:
            cost.labels(*labels).set(float(spent))
        for reading in result.measures:
            if reading.seen is None:
                continue
            name = f"probe_{reading.name}_{_UNITS.get(reading.unit, 'value')}"
            if name not in seen:
                seen[name] = Gauge(name, reading.title, LABELS, registry=registry)
            seen[name].labels(*labels).set(reading.seen)


def metrics_text(results: Iterable[HealthResult]) -> str:
    """The exposition text, for node_exporter's textfile collector (write it whole, then rename)."""
    registry = CollectorRegistry()
    fill(registry, results)
    return generate_latest(registry).decode()
