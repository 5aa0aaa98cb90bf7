"""The shipped program on the real engine, by the command line: a stack's whole life."""

from types import SimpleNamespace

import pytest

from tests.support.engine import Project, counted

pytestmark = pytest.mark.engine

ALL = {
    "Secret openai",
    "Context concierge",
    "Context night-desk",
    "SessionTemplate front-desk",
    "SessionTemplate night-desk",
}


def remote(world: SimpleNamespace) -> dict[str, list[str]]:
    """Names of what the API holds, by kind."""
    secrets = world.api.get("/v1/secrets")
    contexts = world.api.get("/v1/contexts?page_size=100")["results"]
    return {"secrets": [s["secret_name"] for s in secrets], "contexts": sorted(c["name"] for c in contexts)}


def test_a_stack_lives_from_first_up_to_destroy(world: SimpleNamespace, project: Project) -> None:
    """Up, no change, drift shown and undone, gone made anew, replaced only where declared, nothing left."""
    first = project.up()
    assert {name for op, name in first.steps if op == "create"} == ALL
    made = remote(world)
    assert made["contexts"] == ["liveavatar-ops-dev-concierge", "liveavatar-ops-dev-night-desk"]
    assert len(made["secrets"]) == 1
    assert made["secrets"][0].startswith("liveavatar-ops-dev-openai-")

    assert project.up().changes == {}, "the second up changes nothing"

    outputs = project.outputs()
    concierge = outputs["contexts"]["concierge"]["id"]
    body = outputs["templates"]["front-desk"]["body"]
    assert body["openai_realtime_config"]["context_id"] == concierge
    assert outputs["digest"].startswith("sha256:")
    assert world.api.post("/v1/sessions/token", body)["session_id"], "the body is what the API takes"

    before = world.api.get(f"/v1/contexts/{concierge}")
    edit = {**before, "prompt": "You insult people."}
    world.api.patch(f"/v1/contexts/{concierge}", edit)
    assert ("update", "Context concierge") in [*project.refresh().steps], "a hand edit shows in refresh"
    undone = project.up()
    assert ("update", "Context concierge") in undone.steps
    assert counted(undone.steps)["update"] == 1
    assert world.api.get(f"/v1/contexts/{concierge}")["prompt"] == before["prompt"]

    world.api.delete(f"/v1/contexts/{concierge}")
    assert ("delete", "Context concierge") in project.refresh().steps, "gone is gone"
    anew = project.up()
    assert ("create", "Context concierge") in anew.steps
    assert not {op for op, _ in anew.steps} & {"replace", "delete"}
    renewed = project.outputs()
    assert renewed["contexts"]["concierge"]["id"] != concierge
    new_body = renewed["templates"]["front-desk"]["body"]
    assert new_body["openai_realtime_config"]["context_id"] == renewed["contexts"]["concierge"]["id"]
    assert project.up().changes == {}

    project.destroy()
    assert remote(world) == {"secrets": [], "contexts": []}


def test_a_word_of_a_prompt_updates_one_context_in_place(world: SimpleNamespace, project: Project) -> None:
    """What can be changed in place is never replaced, and its neighbours stay as they are."""
    project.up()
    file = project.folder / "infra" / "catalog" / "contexts" / "concierge.md"
    file.write_text(file.read_text().replace("Speak warmly", "Speak plainly"))

    done = project.up()

    assert done.changes == {"update": 1}
    assert ("update", "Context concierge") in done.steps


def test_refresh_names_nothing_when_nothing_drifted(world: SimpleNamespace, project: Project) -> None:
    """Reading the world back yields the state that was written."""
    project.up()

    assert project.refresh().changes == {}


def test_a_rotated_key_replaces_one_secret_new_before_old(world: SimpleNamespace, project: Project) -> None:
    """A new version in Secrets Manager: one replacement, templates repointed, the old one deleted last."""
    project.up()
    old = project.outputs()["secrets"]["openai"]["id"]
    world.aws.put("dev/liveavatar/openai", "sk-emulator-accepts-this-key-too")

    done = project.up()

    new = project.outputs()["secrets"]["openai"]["id"]
    bodies = [t["body"] for t in project.outputs()["templates"].values()]
    replaced = {name for op, name in done.steps if "replace" in op}
    assert replaced == {"Secret openai"}
    assert {name for op, name in done.steps if op == "update"} == {
        "SessionTemplate front-desk",
        "SessionTemplate night-desk",
    }
    assert new != old
    assert {b["openai_realtime_config"]["secret_id"] for b in bodies} == {new}
    calls = [
        (c["method"], c["path"])
        for c in world.emulator.admin("GET", "/calls")
        if c["path"].startswith("/v1/secrets") and c["method"] != "GET"
    ]
    assert calls[-2:] == [("POST", "/v1/secrets"), ("DELETE", f"/v1/secrets/{old}")]
    assert project.up().changes == {}
