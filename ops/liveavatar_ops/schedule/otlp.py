"""
The same metrics by OTLP, where OpenTelemetry is installed and its standard variables ask for it.

OpenTelemetry is an optional companion: it is imported only when asked for, and its absence is one line.
The exporter reads endpoint, headers, protocol, time-out and interval from OTEL_* itself.
"""

import importlib
from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client.core import Metric

from liveavatar_ops.schedule import metrics
from liveavatar_ops.schedule.snapshot import Snapshot

EXPORTERS = {
    "grpc": "opentelemetry.exporter.otlp.proto.grpc.metric_exporter",
    "http/protobuf": "opentelemetry.exporter.otlp.proto.http.metric_exporter",
}
SERVICE_NAME = "liveavatar-ops-watch"
"""What we are called where OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say nothing else."""
NO_NAME = "unknown_service"
"""How the name begins that the SDK makes up where nobody gave one (OpenTelemetry's resource conventions)."""


class NoOpenTelemetry(Exception):
    """OTLP was asked for and cannot be had; one line with what to type."""


class Otlp:
    """Exports until closed. `snapshot` is asked at each export."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider

    def flush(self) -> None:
        """Export now."""
        self._provider.force_flush()

    def close(self) -> None:
        """Export what is left and end."""
        self._provider.shutdown()


def start_otlp(
    snapshot: Callable[[], Snapshot],
    *,
    protocol: str = "",
    load: Callable[[str], Any] = importlib.import_module,
) -> Otlp:
    """Begin to export. Raises NoOpenTelemetry; `load` is a seam for a machine without the packages."""
    exporter = _exporter(protocol, load)
    try:
        sdk = load("opentelemetry.sdk.metrics")
        reader = load("opentelemetry.sdk.metrics.export").PeriodicExportingMetricReader(exporter)
        resources = load("opentelemetry.sdk.resources")
        api = load("opentelemetry.metrics")
    except ImportError:
        raise _missing("opentelemetry-sdk") from None
    provider = sdk.MeterProvider(metric_readers=[reader], resource=_resource(resources.Resource))
    meter = provider.get_meter("liveavatar_ops.schedule")
    for family in metrics.families(_EMPTY):
        _instrument(meter, api.Observation, family, snapshot)
    return Otlp(provider)


def _exporter(protocol: str, load: Callable[[str], Any]) -> Any:
    if protocol and protocol not in EXPORTERS:
        known = " and ".join(EXPORTERS)
        raise NoOpenTelemetry(
            f"OTLP by {protocol!r} is unknown here; OTEL_EXPORTER_OTLP_PROTOCOL may be {known}."
        )
    for name in [protocol] if protocol else EXPORTERS:
        try:
            return load(EXPORTERS[name]).OTLPMetricExporter()
        except ImportError:
            continue
    raise _missing(f"opentelemetry-exporter-otlp-proto-{'http' if protocol == 'http/protobuf' else 'grpc'}")


def _resource(kind: Any) -> Any:
    # What is handed to `create` beats the environment, so our name comes afterwards, where there is none.
    found = kind.create()
    if str(found.attributes.get("service.name", "")).startswith(NO_NAME):
        return found.merge(kind({"service.name": SERVICE_NAME}))
    return found


def _missing(package: str) -> NoOpenTelemetry:
    return NoOpenTelemetry(
        "OTLP was asked for, but OpenTelemetry is not installed: run `pip install opentelemetry-sdk "
        f"{package}` in this environment, or unset OTEL_EXPORTER_OTLP_ENDPOINT and leave `otlp:` out."
    )


def _instrument(meter: Any, observation: Any, family: Metric, snapshot: Callable[[], Snapshot]) -> None:
    def observe(_: Any) -> Iterable[Any]:
        for each in metrics.families(snapshot()):
            if each.name == family.name:
                yield from (observation(sample.value, dict(sample.labels)) for sample in each.samples)

    make = meter.create_observable_counter if family.type == "counter" else meter.create_observable_gauge
    make(family.name, callbacks=[observe], description=family.documentation)


_EMPTY = Snapshot(
    at=0,
    zone="UTC",
    targets=(),
    spent=0,
    budget=0,
    day_ends=0,
    quota_until=0,
    leases=0,
    watchers=(),
    undelivered=0,
)
