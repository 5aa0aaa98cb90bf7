"""The ready files in deploy/: valid where they will be read, locked down, and about a check that there is."""

import re
import stat
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from liveavatar_ops.health.target import from_file

FAKE = '#!/bin/sh\necho "$@" >> "$SEEN"\nexit $CODE\n'


@pytest.fixture(scope="module")
def workflow(root: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((root / "deploy/github-actions/health.yml").read_text())
    return found


@pytest.fixture(scope="module")
def manifests(root: Path) -> dict[str, dict[str, Any]]:
    documents = yaml.safe_load_all((root / "deploy/kubernetes/cronjob.yaml").read_text())
    return {document["kind"]: document for document in documents}


@pytest.fixture(scope="module")
def dockerfile(root: Path) -> str:
    return (root / "deploy/image/Dockerfile").read_text()


def test_the_target_is_one_that_can_be_checked(root: Path) -> None:
    """The sample is the sandbox: whoever runs it as it comes pays nothing."""
    target = from_file(root / "deploy/targets/front-desk.yaml")

    assert target.body["is_sandbox"] is True


@pytest.mark.parametrize("version", ["1.29.0", "1.31.0", "1.37.0"])
def test_the_manifests_fit_the_kubernetes_schema(manifests: dict[str, dict[str, Any]], version: str) -> None:
    """Strictly: a field that Kubernetes does not know is a mistake and not a comment."""
    validate = pytest.importorskip("kubernetes_validate").validate

    for manifest in manifests.values():
        validate(manifest, version, strict=True)


def test_a_field_that_kubernetes_does_not_know_is_refused(manifests: dict[str, dict[str, Any]]) -> None:
    """The schema test above is able to fail."""
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    wrong = {**manifests["CronJob"], "spec": {**manifests["CronJob"]["spec"], "concurencyPolicy": "Forbid"}}

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.31.0", strict=True)


def test_the_cron_job_never_runs_twice_and_ends_in_time(manifests: dict[str, dict[str, Any]]) -> None:
    """All tries of one run are over before the next one is due; unhealthy is not tried again."""
    spec = manifests["CronJob"]["spec"]
    job = spec["jobTemplate"]["spec"]
    minutes = int(re.fullmatch(r"\*/(\d+) \* \* \* \*", spec["schedule"])[1])  # type: ignore[index] # or fail here

    assert spec["concurrencyPolicy"] == "Forbid"
    assert job["activeDeadlineSeconds"] < minutes * 60
    assert job["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"] == [1, 2]
    assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_the_pod_may_do_nothing_but_check(manifests: dict[str, dict[str, Any]]) -> None:
    """No root, no writable image, no rights in the cluster, and the key comes from a secret."""
    pod = manifests["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]

    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    for container in (*pod["initContainers"], *pod["containers"]):
        locked = container["securityContext"]
        assert locked["readOnlyRootFilesystem"]
        assert not locked["allowPrivilegeEscalation"]
        assert locked["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"]
        assert "cpu" not in container["resources"]["limits"], "a throttled check says inconclusive"
    key = next(e for e in pod["containers"][0]["env"] if e["name"] == "LIVEAVATAR_API_KEY")
    assert "value" not in key
    assert key["valueFrom"]["secretKeyRef"] == {"name": "liveavatar", "key": "api-key"}


def test_every_volume_that_is_mounted_is_there(manifests: dict[str, dict[str, Any]]) -> None:
    """A name that was mistyped would only show in the cluster."""
    pod = manifests["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    there = {volume["name"] for volume in pod["volumes"]}
    mounted = {m["name"] for c in (*pod["initContainers"], *pod["containers"]) for m in c["volumeMounts"]}
    claim = next(v["persistentVolumeClaim"] for v in pod["volumes"] if "persistentVolumeClaim" in v)

    assert mounted == there
    assert claim["claimName"] == manifests["PersistentVolumeClaim"]["metadata"]["name"]
    labels = manifests["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    assert manifests["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels


def test_the_workflow_fits_githubs_schema(root: Path) -> None:
    """As GitHub's own schema has it."""
    pytest.importorskip("check_jsonschema")
    file = root / "deploy/github-actions/health.yml"

    done = subprocess.run(
        [root / ".venv/bin/check-jsonschema", "--builtin-schema", "vendor.github-workflows", file],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_the_workflow_has_no_more_rights_than_it_needs(workflow: dict[Any, Any]) -> None:
    """Nothing at the top, reading in the job; one run at a time; the key in two steps; actions pinned."""
    job = workflow["jobs"]["check"]
    steps = job["steps"]

    assert workflow["permissions"] == {}
    assert job["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["cancel-in-progress"] is False
    assert [s["name"] for s in steps if "LIVEAVATAR_API_KEY" in s.get("env", {})] == [
        "Check",
        "Stop what was left open",
    ]
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", s["uses"]) for s in steps if "uses" in s)
    assert all("${{" not in s.get("run", "") for s in steps), "an input in a script could become a command"


@pytest.mark.parametrize(
    ("code", "job", "warns"), [(0, 0, False), (1, 1, False), (2, 2, False), (3, 0, True), (139, 139, False)]
)
def test_only_what_says_something_fails_the_workflow(
    workflow: dict[Any, Any], tmp_path: Path, code: int, job: int, warns: bool
) -> None:
    """The step's own script, run: inconclusive becomes a warning, all else keeps its exit code."""
    program = tmp_path / "liveavatar-ops"
    program.write_text(FAKE)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    script = next(s["run"] for s in workflow["jobs"]["check"]["steps"] if s.get("name") == "Check")
    env = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "DEPTH": "video",
        "CODE": str(code),
        "SEEN": str(tmp_path / "seen"),
    }

    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script], env=env, capture_output=True, text=True, check=False
    )

    assert done.returncode == job
    assert ("::warning" in done.stdout) is warns
    assert "--depth video" in (tmp_path / "seen").read_text()


SEVERAL = '#!/bin/sh\necho "$@" >> "$SEEN"\nset -- $CODES\nshift "$(($(wc -l < "$SEEN") - 1))"\nexit "$1"\n'
NO_SLEEP = '#!/bin/sh\necho "$@" >> "$SLEPT"\n'
HOLDS = """#!{python}
import os, pathlib, signal, sys, time
def stop(*_):
    pathlib.Path(os.environ["SEEN"]).write_text("stopped its session")
    sys.exit(143)
signal.signal(signal.SIGTERM, stop)
pathlib.Path(os.environ["SEEN"]).write_text("began")
time.sleep(600)
"""


def container(
    manifests: dict[str, dict[str, Any]], folder: Path, program: str, sleep: str = NO_SLEEP, **env: str
) -> "subprocess.Popen[str]":
    """The check's container, begun with a stand-in for our command, and for `sleep`."""
    for name, text in (("liveavatar-ops", program), ("sleep", sleep)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    pod = manifests["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    check = next(one for one in pod["containers"] if one["name"] == "check")
    paths = {"PATH": f"{folder}:/usr/bin:/bin", "SEEN": f"{folder}/seen", "SLEPT": f"{folder}/slept"}
    return subprocess.Popen(
        [*check["command"], *check["args"]], env=paths | env, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(
    ("codes", "ends_with", "says"),
    [
        (["0"], 0, []),
        (["1"], 1, []),
        (["2"], 2, []),
        (["139"], 139, []),
        (["3", "0"], 0, ["Inconclusive: once more in 60 s."]),
        (["3", "1"], 1, ["Inconclusive: once more in 60 s."]),
        (["3", "3"], 0, ["Inconclusive: once more in 60 s.", "Inconclusive twice"]),
    ],
)
def test_only_what_says_something_fails_the_job(
    manifests: dict[str, dict[str, Any]], tmp_path: Path, codes: list[str], ends_with: int, says: list[str]
) -> None:
    """The container's own script, run: an inconclusive check is made once more, and leaves no failed pod."""
    with container(manifests, tmp_path, SEVERAL, CODES=" ".join(codes)) as run:
        said, _ = run.communicate()

    calls = (tmp_path / "seen").read_text().splitlines()
    assert run.returncode == ends_with
    assert len(calls) == len(codes)
    assert set(calls) == {
        "health check --template-file /etc/liveavatar/front-desk.yaml --depth video --max-credits 2"
    }
    assert len(said.splitlines()) == len(says)
    assert all(line.startswith(start) for line, start in zip(said.splitlines(), says, strict=True))


def test_a_pod_that_has_to_go_lets_its_check_stop_the_session(
    manifests: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    """Kubernetes tells the first process alone, which is the shell."""
    seen = tmp_path / "seen"
    with container(manifests, tmp_path, HOLDS.format(python=sys.executable)) as run:
        while not (seen.exists() and seen.read_text()):
            assert run.poll() is None
            time.sleep(0.02)
        run.terminate()

    assert run.returncode == 143
    assert seen.read_text() == "stopped its session"


@pytest.mark.parametrize("begins", ['"$0" "$@" &', 'sleep "$pause" &'])
@pytest.mark.parametrize("before", [True, False])
def test_a_pod_that_has_to_go_just_then_goes(
    manifests: dict[str, dict[str, Any]], tmp_path: Path, begins: str, before: bool
) -> None:
    """Told in the moment that the check, or the pause, begins: neither is sat out."""
    manifests = deepcopy(manifests)
    pod = manifests["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    command = next(one for one in pod["containers"] if one["name"] == "check")["command"]
    struck = f"kill -TERM $$; {begins}" if before else f"{begins} kill -TERM $$;"
    assert command[2].count(begins) == 1
    command[2] = command[2].replace(begins, struck)
    real_sleep, lasts = '#!/bin/sh\nexec /bin/sleep "$@"\n', "#!/bin/sh\nexec /bin/sleep 600\n"
    program = SEVERAL if begins.startswith("sleep") else lasts

    with container(manifests, tmp_path, program, sleep=real_sleep, CODES="3 3") as run:
        try:
            run.wait(timeout=50)  # the pause alone is 60 s
        finally:
            run.kill()

    assert run.returncode == 143


def test_the_image_can_be_built_from_the_checkout(root: Path, dockerfile: str) -> None:
    """What it copies is there, and is let through to the builder."""
    copied = re.findall(r"^COPY (.+) \S+$", dockerfile, re.M)
    let_through = (root / "deploy/image/Dockerfile.dockerignore").read_text().splitlines()

    for source in " ".join(copied).split():
        assert (root / source).exists()
        assert f"!{source}" in let_through


def test_the_image_runs_the_check_as_nobody_special(dockerfile: str) -> None:
    """Debian for the client's sake, its certificates, and a user without rights that Kubernetes agrees on."""
    assert re.search(r"^FROM python:3\.11-slim-bookworm$", dockerfile, re.M)
    assert "ca-certificates" in dockerfile
    assert re.search(r"^USER 10001$", dockerfile, re.M)


def test_prefect_is_pinned_whole(root: Path) -> None:
    """Every package by its exact version: the environment's key stands for all of it."""
    rows = (root / "deploy/prefect/requirements.txt").read_text().splitlines()
    pins = [row for row in rows if row and not row.startswith("#")]

    assert len(pins) > 50
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
