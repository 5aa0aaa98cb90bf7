"""What a session template refers to: refused when it is not there, drift when it went, else a word."""

from collections.abc import Callable
from typing import Any

import pytest

from pulumi_liveavatar.api.contexts import Contexts
from pulumi_liveavatar.api.errors import Invalid, LiveAvatarError
from pulumi_liveavatar.api.secrets import Secrets
from pulumi_liveavatar.session_template import SessionTemplateProvider
from tests.contract.pocket_engine import Props
from tests.contract.template_cases import ANY_ID, desk
from tests.contract.world import World


def with_connector(wanted: Props, **more: Any) -> Props:
    return {**wanted, "openai_realtime_config": {**wanted["openai_realtime_config"], **more}}


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(
            lambda world, wanted: with_connector(wanted, secret_id=ANY_ID),
            rf"openai_realtime_config.secret_id: this account has no secret {ANY_ID}",
            id="no such secret",
        ),
        pytest.param(
            lambda world, wanted: with_connector(wanted, secret_id=world.a_secret("GEMINI_API_KEY")),
            r"is of type GEMINI_API_KEY, and OPENAI_API_KEY is needed",
            id="another provider's secret",
        ),
        pytest.param(
            lambda world, wanted: with_connector(wanted, context_id=ANY_ID),
            rf"openai_realtime_config.context_id: this account has no context {ANY_ID}",
            id="no such context",
        ),
    ],
)
def test_a_template_that_could_not_start_is_not_saved(
    world: World, spoil: Callable[[World, Props], Props], says: str
) -> None:
    """LiveAvatar would say so only when the first visitor comes."""
    with pytest.raises(Invalid, match=says):
        world.engine(SessionTemplateProvider).up(spoil(world, desk(world)))


def test_all_dangling_references_are_named(world: World) -> None:
    """At once."""
    spoiled = with_connector(desk(world), secret_id=ANY_ID, context_id=ANY_ID)

    with pytest.raises(Invalid) as refused:
        world.engine(SessionTemplateProvider).up(spoiled)

    assert "openai_realtime_config.secret_id" in str(refused.value)
    assert "openai_realtime_config.context_id" in str(refused.value)


def test_a_missing_avatar_is_a_warning(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """Which avatars an account may use is not documented well enough to refuse one."""
    wanted = {**desk(world), "avatar_id": ANY_ID, "is_sandbox": False}

    assert world.engine(SessionTemplateProvider).up(wanted) == ["create"]

    assert "neither the account's own nor the public avatars have" in "".join(capfd.readouterr())


def test_a_secret_that_went_is_drift_that_a_new_id_repairs(world: World) -> None:
    """What a refresh shows after somebody deleted the secret, and the up that follows."""
    engine, wanted = world.engine(SessionTemplateProvider), desk(world)
    engine.up(wanted)
    with world.hands as hands:
        Secrets(hands).delete(wanted["openai_realtime_config"]["secret_id"])

    assert engine.refresh() == "drifted"
    assert engine.state is not None
    assert "secret_id" not in engine.state.inputs["openai_realtime_config"]
    repaired = with_connector(wanted, secret_id=world.a_secret())
    assert engine.up(repaired) == ["update"]
    assert engine.refresh() == "same"


def test_a_reference_that_went_and_stays_is_refused_by_the_next_up(world: World) -> None:
    """An id written by hand is not repaired by saying it again."""
    engine, wanted = world.engine(SessionTemplateProvider), desk(world)
    engine.up(wanted)
    with world.hands as hands:
        Contexts(hands).delete(wanted["openai_realtime_config"]["context_id"])
    engine.refresh()

    with pytest.raises(Invalid, match="this account has no context"):
        engine.up(wanted)


def test_a_wrong_address_is_no_drift(world: World) -> None:
    """Where everything is answered with 404, nothing counts as gone."""
    engine = world.engine(SessionTemplateProvider)
    engine.up(desk(world))
    world.fault("server_error", path="^/v1/contexts", method="GET", status=404, times=9)

    with pytest.raises(LiveAvatarError):
        engine.refresh()


def test_a_single_404_for_a_context_that_is_listed_is_no_drift(world: World) -> None:
    """The list is asked before anything counts as gone."""
    engine = world.engine(SessionTemplateProvider)
    engine.up(desk(world))
    world.fault("server_error", path="^/v1/contexts/.", method="GET", status=404)

    assert engine.refresh() == "same"
