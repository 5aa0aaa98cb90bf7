"""Names that are taken: by ourselves, by somebody else, or twice by one program."""

import pytest

from pulumi_liveavatar.api.contexts import Contexts
from pulumi_liveavatar.api.errors import Invalid, LiveAvatarError, NotThere
from pulumi_liveavatar.api.secrets import Secrets
from pulumi_liveavatar.context import ContextProvider
from pulumi_liveavatar.secret import SecretProvider
from tests.contract.rows import BY_VALUE, GREETER
from tests.contract.world import World


def by_hand(world: World) -> str:
    """Somebody made a context of our name, with other content."""
    with world.hands as hands:
        return Contexts(hands).create(name=GREETER["name"], prompt="Made by hand.").id


def test_somebody_elses_context_is_refused_with_the_way_out(world: World) -> None:
    """Nothing is overwritten unasked; the sentence names what differs and how to take it over."""
    made = by_hand(world)
    engine = world.engine(ContextProvider)

    with pytest.raises(Invalid) as refused:
        engine.up(GREETER)

    assert made in str(refused.value)
    assert "prompt, opening_text, links" in str(refused.value)
    assert "adopt=True" in str(refused.value)
    with world.hands as hands:
        assert Contexts(hands).get(made).prompt == "Made by hand."


def test_somebody_elses_context_is_adopted_on_request(world: World) -> None:
    """`adopt=True` takes it over with our content, may stay in the program, and may be taken out again."""
    made = by_hand(world)
    engine = world.engine(ContextProvider)
    adopting = {**GREETER, "adopt": True}

    assert engine.up(adopting) == ["create"]
    assert engine.state is not None
    assert engine.state.id == made
    with world.hands as hands:
        assert Contexts(hands).get(made).prompt == GREETER["prompt"]
    assert engine.up(adopting) == []
    assert engine.refresh() == "same"
    assert engine.up(GREETER) == []


def test_adopt_makes_what_is_not_there(world: World) -> None:
    """A program with adopt=True works in an empty account too."""
    assert world.engine(ContextProvider).up({**GREETER, "adopt": True}) == ["create"]


@pytest.mark.parametrize(
    ("kind", "wanted"), [(ContextProvider, GREETER), (SecretProvider, BY_VALUE)], ids=["Context", "Secret"]
)
def test_a_forced_replacement_keeps_the_object(world: World, kind: type, wanted: dict[str, object]) -> None:
    """`pulumi up --replace`: the new half takes the object over, so the old half must not delete it."""
    engine = world.engine(kind)
    engine.up(wanted)

    assert engine.up(wanted, force_replace=True) == ["create", "delete"]

    assert world.count() == 1
    assert engine.refresh() == "same"


def test_another_logical_name_keeps_the_object(world: World) -> None:
    """Pulumi sees a new and a removed resource; LiveAvatar's object is the same and stays."""
    old = world.engine(ContextProvider)
    old.up(GREETER)
    assert old.state is not None
    run = old.process()

    taken = run.create(dict(GREETER))
    run.delete(old.state.id, old.state.outputs)

    assert taken.id == old.state.id
    assert world.count() == 1


def test_two_resources_of_one_name_are_refused(world: World) -> None:
    """The second would otherwise take over the first one's object, and they would undo each other."""
    run = world.engine(ContextProvider).process()
    run.create(dict(GREETER))

    with pytest.raises(Invalid, match="Two resources of this program ask LiveAvatar for the same name"):
        run.create(dict(GREETER))


def test_a_failed_create_lets_go_of_its_name(world: World) -> None:
    """A create that failed may be tried again by the same process."""
    run = world.engine(ContextProvider).process()
    world.fault("server_error", path="^/v1/contexts$", status=400)
    with pytest.raises(LiveAvatarError):
        run.create(dict(GREETER))

    assert run.create(dict(GREETER)).id


def test_a_rename_to_a_taken_name_names_the_holder(world: World) -> None:
    """Updated in place, unless another context has that name already."""
    engine = world.engine(ContextProvider)
    engine.up({**GREETER, "name": "p-s-mine"})
    holder = by_hand(world)

    with pytest.raises(Invalid, match=f"Context {holder} has that name"):
        engine.up(GREETER)


@pytest.mark.parametrize("kind", [ContextProvider, SecretProvider], ids=["Context", "Secret"])
def test_a_wrong_address_drops_nothing_from_the_state(world: World, kind: type) -> None:
    """Where everything is answered with 404, nothing counts as gone, and no delete counts as done."""
    wanted = GREETER if kind is ContextProvider else BY_VALUE
    engine = world.engine(kind)
    engine.up(wanted)
    for path in ("/v1/contexts", "/v1/secrets"):
        for method in ("GET", "DELETE"):
            world.fault("server_error", path=f"^{path}", method=method, status=404, times=9)

    with pytest.raises(LiveAvatarError):
        engine.refresh()
    with pytest.raises(LiveAvatarError):
        engine.destroy()

    assert engine.state is not None


def test_asking_by_id_for_what_is_not_there_is_an_error(world: World) -> None:
    """`ResourceOptions(id=…)`: Pulumi would take silence for success."""
    run = world.engine(ContextProvider).process()

    with pytest.raises(NotThere, match=r"ResourceOptions\(id="):
        run.read("11111111-2222-4333-8444-555555555555", {"name": "x"})


def test_a_secret_of_our_name_and_another_type_is_left_alone(world: World) -> None:
    """Taken over is only what has our full name and our type."""
    engine = world.engine(SecretProvider)
    engine.up({**BY_VALUE, "secret_type": "GEMINI_API_KEY"}, die_after_create=True)

    engine.up(BY_VALUE)

    with world.hands as hands:
        types = sorted(secret.secret_type or "" for secret in Secrets(hands).list())
    assert types == ["GEMINI_API_KEY", "OPENAI_API_KEY"]
