"""The watcher in Prometheus' words, made from a snapshot at each scrape: right after a restart, and the same
from every watcher of a machine."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from liveavatar_ops.health.verdicts import Verdict
from liveavatar_ops.schedule.snapshot import Snapshot, TargetView
from liveavatar_ops.schedule.states import State

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Value = Callable[[TargetView], float | None]


def _of_last(name: str) -> Value:
    def read(view: TargetView) -> float | None:
        found = getattr(view.last, name) if view.last else None
        return None if found is None else float(found)

    return read


def _succeeded(view: TargetView) -> float | None:
    """An inconclusive check is no failure: `probe_success == 0` must not wake anybody over a busy machine."""
    good = (Verdict.HEALTHY.value, Verdict.DEGRADED.value)
    return None if view.conclusive is None else float(view.conclusive.verdict in good)


def _took(view: TargetView) -> float | None:
    last = view.last
    return None if last is None or last.ended_at is None else last.ended_at - last.started_at


GAUGES: tuple[tuple[str, str, Value], ...] = (
    (
        "probe_success",
        "1 if the last conclusive check was healthy or degraded, 0 if it was unhealthy",
        _succeeded,
    ),
    (
        "probe_first_frame_seconds",
        "Time to first frame of the last check, from joining",
        _of_last("first_frame_s"),
    ),
    ("probe_fps", "Effective frame rate of the last check", _of_last("fps")),
    (
        "probe_longest_gap_seconds",
        "Longest time without a frame in the last check",
        _of_last("longest_gap_s"),
    ),
    ("probe_duration_seconds", "How long the last check took in all", _took),
    ("probe_last_run_timestamp_seconds", "When the last check ended", _of_last("ended_at")),
    ("probe_next_due_timestamp_seconds", "When the next check is due", lambda view: view.due),
    ("probe_state_since_timestamp_seconds", "When the state began", lambda view: view.state.since),
)


def families(snapshot: Snapshot) -> Iterator[Metric]:
    """Every metric family of a snapshot; a value that is not known is left out, never 0."""
    for name, about, read in GAUGES:
        family = GaugeMetricFamily(name, about, labels=["target"])
        for view in snapshot.targets:
            if (value := read(view)) is not None:
                family.add_metric([view.target.name], value)
        yield family
    yield _one_hot(
        snapshot, "probe_verdict", "verdict", "The last check's verdict", words=Verdict, read=_verdict
    )
    yield _one_hot(snapshot, "probe_state", "state", "What the target is", words=State, read=_shown)
    yield _causes(snapshot)
    for name, about, count in (
        ("probe_credits", "Credits that checks of this target cost", _credits),
        ("probe_checks", "Checks made of this target", _checks),
    ):
        counter = CounterMetricFamily(name, about, labels=["target"])
        for view in snapshot.targets:
            counter.add_metric([view.target.name], count(view))
        yield counter
    yield from _watcher(snapshot)


def render(snapshot: Snapshot) -> bytes:
    """The text format, for /metrics and the textfile."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(snapshot))
    return generate_latest(registry)


def _credits(view: TargetView) -> float:
    return view.state.credits_total


def _checks(view: TargetView) -> float:
    return float(view.state.checks_total)


def _shown(view: TargetView) -> str:
    return view.state.shown.value


def _verdict(view: TargetView) -> str | None:
    return view.last.verdict if view.last else None


def _one_hot(
    snapshot: Snapshot,
    name: str,
    label: str,
    about: str,
    *,
    words: Iterable[Verdict] | Iterable[State],
    read: Callable[[TargetView], str | None],
) -> Metric:
    """1 for the word that holds, 0 for the others, so that an alert can name one."""
    family = GaugeMetricFamily(name, about, labels=["target", label])
    for view in snapshot.targets:
        current = read(view)
        for word in words:
            if current is not None:
                family.add_metric([view.target.name, word.value], float(word.value == current))
    return family


def _causes(snapshot: Snapshot) -> Metric:
    family = GaugeMetricFamily("probe_cause_info", "The last check's cause", labels=["target", "cause"])
    for view in snapshot.targets:
        if view.last and view.last.cause:
            family.add_metric([view.target.name, view.last.cause], 1.0)
    return family


def _watcher(snapshot: Snapshot) -> Iterator[Metric]:
    plain: list[tuple[str, str, float | None]] = [
        ("watcher_leases", "Checks going on in all watchers of this machine", float(snapshot.leases)),
        ("watcher_targets", "Targets that are watched", float(len(snapshot.targets))),
        ("watcher_targets_not_read", "1 while stacks cannot be read again", float(snapshot.not_read != "")),
        ("watcher_budget_credits", "Credits a day that checks may cost", snapshot.budget),
        ("watcher_spent_credits", "Credits of today, spent or set aside", snapshot.spent),
        ("watcher_messages_given_up", "Messages lost in the last 24 h", float(snapshot.undelivered)),
        ("watcher_backoff_until_timestamp_seconds", "The account is left alone until", snapshot.quota_until),
        ("watcher_snapshot_timestamp_seconds", "When these figures were read", snapshot.at),
    ]  # fmt: skip
    yield CounterMetricFamily(
        "watcher_log_lines_lost", "Lines of this watcher's log that could not be written",
        value=snapshot.lines_lost,
    )  # fmt: skip
    for name, about, value in plain:
        if value is not None:
            yield GaugeMetricFamily(name, about, value=value)


class _Once(Collector):
    """A registry of its own for one snapshot; the process-wide one belongs to whoever embeds us."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        """What the registry asks for."""
        return families(self._snapshot)
