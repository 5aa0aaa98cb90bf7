"""What a user gets wrong ends in a clear line, before anything was changed, and never in a traceback."""

import re
from types import SimpleNamespace

import pytest

from tests.support.engine import Project, small_project

pytestmark = pytest.mark.engine


def refused(project: Project, env: dict[str, str] | None = None, *, shipped: bool = True) -> str:
    """What a failed up says; the shipped program adds nothing of its own when the engine interrupts it."""
    done = project.up(env=env, may_fail=True)
    said = "\n".join(done.errors) or done.err
    assert done.code != 0
    assert "Traceback" not in (done.out + done.err if shipped else said)
    return said


def remote(world: SimpleNamespace) -> int:
    return len(world.api.get("/v1/secrets")) + world.api.get("/v1/contexts")["count"]


def test_catalog_and_settings_are_reported_together(world: SimpleNamespace, project: Project) -> None:
    """Mistakes in files and in the stack's settings come in one go, each with its place."""
    catalog = project.folder / "infra" / "catalog"
    front_desk = catalog / "templates" / "front-desk.yaml"
    front_desk.write_text(front_desk.read_text().replace("voice: marin", "voice: marine"))
    concierge = catalog / "contexts" / "concierge.md"
    concierge.write_text(concierge.read_text().replace("opening_text", "opening_txt"))
    settings = project.folder / "Pulumi.dev.yaml"
    settings.write_text(settings.read_text().replace("awsSecretId", "awsSecretID"))

    said = refused(project)

    assert "contexts/concierge.md:2: opening_txt is not known here; did you mean opening_text?" in said
    assert "templates/front-desk.yaml:5: voice" in said
    assert "liveavatar-ops:secrets.openai.awsSecretID is not known; did you mean awsSecretId?" in said
    assert remote(world) == 0


def test_a_missing_api_key_names_variable_and_config_key(world: SimpleNamespace, project: Project) -> None:
    """Whoever has no key yet reads both places where it can be put."""
    said = refused(project, env={"LIVEAVATAR_API_KEY": ""})

    assert "LIVEAVATAR_API_KEY" in said
    assert "liveavatar:apiKey" in said


def test_a_wrong_api_key_says_so(world: SimpleNamespace, project: Project) -> None:
    """401 becomes what to do about it; the key itself is not repeated."""
    said = refused(project, env={"LIVEAVATAR_API_KEY": "not-the-key-at-all"})

    assert "401" in said
    assert "LIVEAVATAR_API_KEY" in said
    assert "not-the-key-at-all" not in said


@pytest.mark.parametrize(
    ("name", "prepare", "says"),
    [
        pytest.param("dev/nowhere", None, r"dev/nowhere.*(not|no)", id="no such AWS secret"),
        pytest.param(
            "dev/json", '{"other": "x"}', r"api_key.*dev/json|dev/json.*api_key", id="no such key in it"
        ),
        pytest.param("dev/text", "just-text", r"dev/text.*JSON|JSON.*dev/text", id="no JSON"),
        pytest.param("dev/empty", '{"api_key": ""}', r"dev/empty.*empty|empty.*dev/empty", id="empty value"),
    ],
)
def test_an_aws_secret_that_does_not_fit(
    world: SimpleNamespace, project: Project, name: str, prepare: str | None, says: str
) -> None:
    """Each way an AWS secret can be wrong has its own sentence with the secret's name and no value."""
    if prepare is not None:
        world.aws.client.create_secret(Name=name, SecretString=prepare)
    settings = project.folder / "Pulumi.dev.yaml"
    settings.write_text(settings.read_text().replace("dev/liveavatar/openai", name))

    said = refused(project)

    assert re.search(says, said), said
    assert "just-text" not in said
    assert world.api.get("/v1/secrets") == []


def test_a_context_made_by_hand_is_refused_then_adopted(
    world: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A name that is taken by other content: refused with the way out, which then works."""
    by_hand = {"name": "small-dev-greeter", "prompt": "Made by hand.", "opening_text": ""}
    made = world.api.post("/v1/contexts", by_hand)
    program = "from pulumi_liveavatar import Context\nContext('greeter', prompt='You greet people.'{})\n"
    project = small_project(tmp_path_factory.mktemp("adopt"), program.format(""), world.env)

    said = refused(project, shipped=False)
    assert "small-dev-greeter" in said
    assert "adopt=True" in said
    assert world.api.get(f"/v1/contexts/{made['id']}")["prompt"] == "Made by hand."

    (project.folder / "__main__.py").write_text(program.format(", adopt=True"))
    project.up()
    assert world.api.get(f"/v1/contexts/{made['id']}")["prompt"] == "You greet people."
    assert world.api.get("/v1/contexts")["count"] == 1
    assert project.up().changes == {}


def test_all_bad_inputs_of_a_kind_come_at_once(
    world: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The engine shows every property that does not fit, in the preview, before anything is made."""
    program = """
from pulumi_liveavatar import SessionTemplate
SessionTemplate("t", mode="LITE", avatar_id="no-uuid", openai_realtime_config={
    "secret_id": "6f0d4fb5-6c69-44a5-8f1f-0f7a0f9f0a01", "voice": "loud", "temperature": 3})
"""
    project = small_project(tmp_path_factory.mktemp("bad"), program, world.env)

    said = refused(project, shipped=False)

    for word in ("avatar_id", "voice", "temperature"):
        assert word in said
