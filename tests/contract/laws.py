"""
The eight laws of every kind, each a function of one row: it raises AssertionError when the law is broken.

`provider` is the row's own, or one that somebody broke (`test_laws_can_fail.py`).
"""

import base64
import json
import traceback
from collections.abc import Iterator
from typing import Any

import httpx
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.output import UNKNOWN

from pulumi_liveavatar._base import LiveAvatarProvider
from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.errors import LiveAvatarError
from tests.contract.pocket_engine import CheckFailed, PocketEngine, Props
from tests.contract.rows import Row
from tests.contract.world import OPENAI_KEY, World

Kind = type[LiveAvatarProvider]


def no_change_after_apply(row: Row, world: World, provider: Kind) -> None:
    """Law 1: what was applied needs nothing more, also after a refresh, also with another pickle."""
    engine, wanted = world.engine(provider), row.wanted(world)
    engine.up(wanted)
    assert engine.up(wanted) == [], "the second up changes nothing"
    assert engine.refresh() == "same", "a refresh finds what was written"
    assert engine.up(wanted) == [], "nor does the up after it"
    assert engine.up(json.loads(json.dumps(wanted))) == []


def a_hand_edit_is_drift_and_undone(row: Row, world: World, provider: Kind) -> None:
    """Law 2: what somebody changed shows in a refresh, and the next up puts it right."""
    assert row.hand_edit is not None
    engine, wanted = world.engine(provider), row.wanted(world)
    engine.up(wanted)
    assert engine.state is not None
    row.hand_edit(world, engine.state)
    assert engine.refresh() == "drifted", "the edit shows"
    renewed = row.wanted(world) if row.lose is None else wanted
    assert engine.up(renewed) == ["update"], "and the next up undoes it, in place"
    assert row.as_wanted(world, engine.state)
    assert engine.up(renewed) == []
    assert engine.refresh() == "same"


def gone_is_gone_and_made_anew(row: Row, world: World, provider: Kind) -> None:
    """Law 3: an object deleted by hand leaves the state at a refresh; the next up makes it again."""
    assert row.lose is not None
    engine, wanted = world.engine(provider), row.wanted(world)
    engine.up(wanted)
    assert engine.state is not None
    old = engine.state.id
    row.lose(world, engine.state)
    assert engine.refresh() == "gone"
    assert engine.up(wanted) == ["create"]
    assert engine.state.id != old
    assert row.as_wanted(world, engine.state)


def deleting_twice_is_fine(row: Row, world: World, provider: Kind) -> None:
    """Law 4: a destroy is content with what is already gone, and leaves nothing."""
    engine, wanted = world.engine(provider), row.wanted(world)
    before = world.count()
    engine.up(wanted)
    assert engine.state is not None
    again = PocketEngine(engine.process, engine.state)
    engine.destroy()
    assert world.count() == before, "the first delete took the object away"
    try:
        again.destroy()
    except LiveAvatarError as error:
        raise AssertionError(f"the second delete failed: {error}") from None


def replaced_only_where_declared(row: Row, world: World, provider: Kind) -> None:
    """Law 5: every managed input has its case; in place where that is possible, else new before old."""
    cases = row.changes(world)
    for changed, (before, after) in cases.items():
        engine = world.engine(provider)
        engine.up(before)
        assert engine.state is not None
        old = engine.state.id
        done = engine.up(after)
        expected = ["create", "delete"] if changed in row.replaces else ["update"]
        assert done == expected, f"{changed}: {done} instead of {expected}"
        assert (engine.state.id != old) == (changed in row.replaces)
        assert row.as_wanted(world, engine.state), f"{changed}: the object is there, as declared"
        assert engine.up(after) == [], f"{changed}: no change after apply"
        engine.destroy()


def no_secret_value_anywhere(row: Row, world: World, provider: Kind) -> None:
    """Law 6: neither the key in the inputs nor the API key is in outputs, reads, pickle, errors."""
    secrets = (OPENAI_KEY, world.emulator.api_key)
    engine, wanted = world.engine(provider), row.wanted(world)
    engine.up(wanted)
    assert engine.state is not None
    created = engine.state.outputs
    engine.refresh()
    pickled = base64.b64decode(serialize_provider(engine.provider)).decode("latin-1")
    kept: dict[str, Any] = {
        "outputs": [created, engine.state.outputs],
        "id": engine.state.id,
        "pickle": pickled,
    }
    read = engine.provider.read(engine.state.id, engine.state.outputs)
    kept["read"] = [read.outs, read.inputs]
    errors = _errors(engine, wanted, provider, world) if row.calls_api else ()
    said = [*errors, *_complaints(engine, wanted)]
    for place, text in [(p, json.dumps(v)) for p, v in kept.items()] + [("an error", s) for s in said]:
        for value in secrets:
            assert value not in text, f"a secret value is in {place}"
    assert all("\n" not in line for line in said), "an error is one line"


def unknown_values_pass_a_preview(row: Row, world: World, provider: Kind) -> None:
    """Law 7: what is not known yet neither fails a preview nor passes for unchanged; nothing is called."""
    engine = world.engine(provider)
    wanted = row.wanted(world)
    offline = PocketEngine(lambda: _offline(provider, world))
    for known in (wanted, *(after for _, after in row.changes(world).values())):
        for place, program in _with_unknowns(known):
            try:
                offline.preview(program)
            except CheckFailed as failed:
                raise AssertionError(f"{place} unknown: {failed}") from None
    engine.up(wanted)
    offline.state = engine.state
    for place, program in _with_unknowns(wanted):
        diff = offline.preview(program)
        assert diff is not None
        assert diff.changes, f"{place} unknown: may turn out to be another"


def an_orphan_is_taken_over(row: Row, world: World, provider: Kind) -> None:
    """Law 8: killed before the state was written, or never answered: the next up finds its own object."""
    assert row.posts_to is not None
    engine, wanted = world.engine(provider), row.wanted(world)
    before = world.count()
    engine.up(wanted, die_after_create=True)
    assert world.count() == before + 1
    assert engine.up(wanted) == ["create"]
    assert world.count() == before + 1, "the orphan was taken over"
    assert engine.up(wanted) == []
    assert engine.state is not None
    assert row.as_wanted(world, engine.state)
    engine.destroy()
    for lost in ("lost_answer", "bad_json"):
        world.fault(lost, path=f"^{row.posts_to}$")
        assert engine.up(wanted) == ["create"], f"{lost}: found in the same run"
        assert world.count() == before + 1, f"{lost}: one object, no orphan"
        engine.destroy()


def _offline(provider: Kind, world: World) -> LiveAvatarProvider:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"check and diff are pure, but {request.method} {request.url.path} was called")

    made = provider()
    made.use(LiveAvatarClient(world.settings, transport=httpx.MockTransport(refuse)), world.settings)
    return made


def _with_unknowns(known: Props) -> Iterator[tuple[str, Props]]:
    """The same inputs with one of them unknown, then one inside it, then all of them."""
    yield "all", dict.fromkeys(known, UNKNOWN)
    for key, value in known.items():
        yield key, {**known, key: UNKNOWN}
        if isinstance(value, dict):
            for inner in value:
                yield f"{key}.{inner}", {**known, key: {**value, inner: UNKNOWN}}
        if isinstance(value, list) and value:
            yield f"{key}[0]", {**known, key: [UNKNOWN, *value[1:]]}
            if isinstance(value[0], dict):
                for inner in value[0]:
                    yield f"{key}[0].{inner}", {**known, key: [{**value[0], inner: UNKNOWN}]}


def _echoes() -> Iterator[Any]:
    """Servers that quote what they were sent, each in another way."""
    yield lambda sent: httpx.Response(400, json={"code": 400, "data": None, "message": f"cannot take {sent}"})
    yield lambda sent: httpx.Response(422, json={"detail": [{"loc": ["body"], "msg": sent, "input": sent}]})
    yield lambda sent: httpx.Response(409, json={"code": 9, "data": [{"message": sent}], "message": ""})
    yield lambda sent: httpx.Response(500, text=f"<html><p>{sent}</p></html>")
    yield lambda sent: httpx.Response(502, text=sent[: len(sent) // 2] + OPENAI_KEY[:20])
    yield lambda sent: httpx.Response(200, text=sent)


def _errors(engine: PocketEngine, wanted: Props, provider: Kind, world: World) -> Iterator[str]:
    """Every text that a failing create could show, the chain of causes included."""
    settings = world.settings.model_copy(update={"max_attempts": 1})
    for echo in _echoes():

        def answer(request: httpx.Request, echo: Any = echo) -> httpx.Response:
            if request.method == "GET" and request.url.path == "/v1/secrets":
                return httpx.Response(200, json={"code": 1000, "data": []})
            quoted = " ".join((request.content.decode(), *request.headers.values()))
            return echo(quoted)  # type: ignore[no-any-return]  # each echo is an httpx.Response

        made = provider()
        made.use(LiveAvatarClient(settings, transport=httpx.MockTransport(answer)), settings)
        inputs = made.check({}, dict(wanted)).inputs
        error = _failure(made, inputs)
        assert error is not None, "an echo was taken for success"
        assert error.__cause__ is None, "a cause could quote the request"
        assert OPENAI_KEY not in "".join(traceback.format_exception(error)), "a secret is in the traceback"
        yield str(error)


def _failure(provider: LiveAvatarProvider, inputs: Props) -> Exception | None:
    try:
        provider.create(inputs)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is what an operator would see
        return error
    return None


def _complaints(engine: PocketEngine, wanted: Props) -> Iterator[str]:
    """What check says when somebody pastes the key into the wrong place."""
    for key in wanted:
        for pasted in ({**wanted, key: OPENAI_KEY}, {**wanted, key: {"x": OPENAI_KEY}}):
            for failure in engine.provider.check({}, pasted).failures:
                yield f"{failure.property}: {failure.reason}"
