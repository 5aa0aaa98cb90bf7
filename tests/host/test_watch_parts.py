"""Real processes around the watcher: the tether, OTLP to a real receiver, the command line."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import pytest

from liveavatar_ops.schedule.child import TETHER
from liveavatar_ops.schedule.log import Log
from liveavatar_ops.schedule.sweeping import Sweeper
from tests.support.watch_process import AVATAR
from tests.support.watch_world import PATIENCE_S, ROOT, Receiver, fetch, wait_for, world


def tethered(*command: str, **more: Any) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *command],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, **more,
    )  # fmt: skip


def test_a_check_begins_only_on_our_word(tmp_path: Path):
    """By then its process is written down, so nobody can start one that no successor knows of."""
    mark = tmp_path / "ran"
    unspoken = tethered("/usr/bin/touch", str(mark))
    unspoken.communicate(b"", timeout=PATIENCE_S)
    before = mark.exists()
    spoken = tethered("/usr/bin/touch", str(mark))
    spoken.communicate(b"g", timeout=PATIENCE_S)

    assert (before, unspoken.returncode) == (False, 126)
    assert (mark.exists(), spoken.returncode) == (True, 0)


def test_a_command_that_is_not_there_is_said_plainly():
    """As the check's last words."""
    child = tethered("/no/such/program")
    _, err = child.communicate(b"g", timeout=PATIENCE_S)

    assert (child.returncode, err) == (127, b"/no/such/program cannot be run: No such file or directory\n")


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_a_check_is_asked_to_end_when_its_watcher_is_killed(tmp_path: Path):
    """SIGKILL leaves the watcher no last word; the kernel says it."""
    with world(tmp_path, templates=("a",)) as made:
        made.checks_are(lasts_s=300.0)
        one = made.watcher()
        wait_for(lambda: made.notes, "a running check")
        one.end(signal.SIGKILL)

        assert wait_for(lambda: made.ended("dev/a", "stopped"), "the end of the check") == 1


def test_an_orphan_that_ignores_its_end_is_killed(tmp_path: Path):
    """A successor does not start a second check beside it, and does not wait for ever."""
    with world(tmp_path, templates=("a",), lease="1s") as made:
        made.checks_are(lasts_s=300.0)
        one = made.watcher()
        pid = wait_for(lambda: made.notes, "a running check")[0]["pid"]
        os.kill(pid, signal.SIGSTOP)
        one.end(signal.SIGKILL)
        made.checks_are()
        two = made.watcher()
        wait_for(lambda: made.ended("dev/a"), "the successor's check")
        orphan = two.saw("check.orphan_ended")

        assert orphan[-1]["killed"] is True
        assert two.end() == 0


@pytest.fixture
def collector() -> Iterator[tuple[str, list[Any]]]:
    """A real OTLP receiver over gRPC on this machine; what it was sent."""
    grpc = pytest.importorskip("grpc")
    pytest.importorskip("opentelemetry.exporter.otlp.proto.grpc")
    from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc

    got: list[Any] = []

    class Service(metrics_service_pb2_grpc.MetricsServiceServicer):
        def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 (the protocol's word)
            got.append(request)
            return metrics_service_pb2.ExportMetricsServiceResponse()

    server = grpc.server(futures.ThreadPoolExecutor(2))
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(Service(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"http://127.0.0.1:{port}", got
    server.stop(None)


def test_otlp_arrives_where_the_standard_variables_say(tmp_path: Path, collector):
    """Nothing of ours to configure."""
    endpoint, got = collector
    with world(tmp_path, templates=("a",)) as made:
        one = made.watcher(
            OTEL_EXPORTER_OTLP_ENDPOINT=endpoint,
            OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
            OTEL_METRIC_EXPORT_INTERVAL="300",
        )
        made.wait_for_rounds(1)
        names = wait_for(lambda: {"probe_success", "probe_credits"} & _names(got), "metrics at the receiver")
        code = one.end()

        assert code == 0
        assert names
        assert {"probe_first_frame_seconds", "probe_state", "watcher_leases"} <= _names(got)
        assert _labels(got, "probe_success") == {"dev/a"}


def _names(got: list[Any]) -> set[str]:
    return {m.name for each in got for r in each.resource_metrics for s in r.scope_metrics for m in s.metrics}


def _labels(got: list[Any], name: str) -> set[str]:
    return {
        attribute.value.string_value
        for each in got
        for resource in each.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == name
        for point in metric.gauge.data_points
        for attribute in point.attributes
        if attribute.key == "target"
    }


def command(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """The real command, by the module that holds it."""
    code = "from liveavatar_ops.schedule.cli import watch_app; watch_app(prog_name='watch')"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip


def test_everything_that_is_missing_is_said_at_once(tmp_path: Path):
    """Exit code 2, one line each, no traceback."""
    (tmp_path / "june.yaml").write_text(f"avatar_id: {AVATAR}\nmode: LITE\n")
    config = tmp_path / "watch.yaml"
    config.write_text("targets: [{template_file: june.yaml}]\nnotify: [{kind: slack, url_env: HOOK}]\n")
    done = command("--config", str(config), LIVEAVATAR_OPS_STATE=str(tmp_path / "s"))
    lines = done.stderr.splitlines()

    assert done.returncode == 2
    assert len(lines) == 2
    assert "HOOK is not set" in lines[0]
    assert "LIVEAVATAR_API_KEY" in lines[1]


def test_the_dry_run_starts_nothing(tmp_path: Path):
    """Not even a file, and no key is needed."""
    template = tmp_path / "june.yaml"
    template.write_text(f"avatar_id: {AVATAR}\nmode: LITE\n")
    done = command(
        "--template-file",
        str(template),
        "--every",
        "10m",
        "--dry-run",
        LIVEAVATAR_OPS_STATE=str(tmp_path / "s"),
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "144" in done.stdout
    assert not (tmp_path / "s").exists()


def test_a_port_that_is_taken_is_one_line(tmp_path: Path):
    """With what to do. Something else has it, and will not go."""
    with Receiver() as other, world(tmp_path, templates=("a",)) as made:
        made.write_config(serve={"port": int(other.url.split("/")[2].rpartition(":")[2])})
        two = made.watcher()
        code = two.child.wait(PATIENCE_S)

        assert code == 2, "a setting is wrong"
        assert "a free one is picked and printed" in two._log.read_text()


def test_many_readers_do_not_disturb_the_watcher(tmp_path: Path):
    """Page and metrics under load, while checks go on."""
    with world(tmp_path, templates=("a", "b")) as made:
        one = made.watcher()
        url, statuses = one.url, []

        def read() -> None:
            statuses.extend(fetch(url + path)[0] for path in ("", "metrics") * 10)

        readers = [threading.Thread(target=read) for _ in range(4)]
        for reader in readers:
            reader.start()
        made.wait_for_rounds(2)
        for reader in readers:
            reader.join()

        assert set(statuses) == {200}
        assert one.end() == 0
        assert not [e for e in one.events if "failed" in e["event"]], json.dumps(one.events[-5:])


def test_only_what_the_janitor_did_is_news(tmp_path: Path):
    """A second watcher that starts beside a running check has nothing to tell of it."""
    said = "No probe session is open.\na (s, started): its check is still running (process 7)\nb: stopped\n"
    out = io.StringIO()
    Sweeper([sys.executable, "-S", "-c", f"print({said!r})"], Log(out))()

    assert [line[10:] for line in out.getvalue().splitlines()] == ["Janitor: b: stopped"]


def test_a_janitor_that_writes_in_another_alphabet_is_heard(tmp_path: Path):
    """What it stopped is in the log, with a sign for the letter that is none."""
    out = io.StringIO()
    code = r"import sys; sys.stdout.buffer.write(b't\xe9: stopped\n')"
    Sweeper([sys.executable, "-S", "-c", code], Log(out))()

    assert [line[10:] for line in out.getvalue().splitlines()] == ["Janitor: t\ufffd: stopped"]
