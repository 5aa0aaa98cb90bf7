"""
The SessionTemplate kind: the body of `POST /v1/sessions/token`, checked and remembered.

LiveAvatar has no such object (LiveAvatar API facts §2.8): what is deployed is the knowledge of how a session
is opened, in the stack's outputs. What can drift are the things it refers to.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, Resource, UpdateResult
from pulumi.output import Unknown, contains_unknowns
from pydantic import AfterValidator

from pulumi_liveavatar._base import LiveAvatarProvider, check_inputs, default_name, gone, seen
from pulumi_liveavatar.api.connectors import ROOMS
from pulumi_liveavatar.api.errors import Invalid
from pulumi_liveavatar.api.token_body import FullBody, LiteBody, body_model, digest, warnings_about
from pulumi_liveavatar.references import dangling_references, without
from pulumi_liveavatar.session_args import (
    AgoraArgs,
    AvatarPersonaArgs,
    CartesiaAgentArgs,
    ElevenLabsAgentArgs,
    GeminiRealtimeArgs,
    LiveKitArgs,
    MemoryArgs,
    OpenAIRealtimeArgs,
    VideoSettingsArgs,
    VoiceAgentArgs,
)
from pulumi_liveavatar.strict import StrictModel, Text, plain

Some = Mapping[str, Any]
HealthLimit = float | int | bool | str


def _finite(limits: dict[str, HealthLimit]) -> dict[str, HealthLimit]:
    endless = [
        name for name, value in limits.items() if isinstance(value, float) and not math.isfinite(value)
    ]
    if endless:
        raise ValueError(f"{', '.join(endless)} should be a finite number")
    return limits


HealthLimits = Annotated[dict[str, HealthLimit], AfterValidator(_finite)]
"""Which names there are, only the health job knows; whether any of its checks could use a value, anybody."""


class LiteInputs(LiteBody):
    """A LITE body, and what only we know of it."""

    name: Text
    health: HealthLimits | None = None


class FullInputs(FullBody):
    """A FULL body, and what only we know of it."""

    name: Text
    health: HealthLimits | None = None


INPUTS = tuple(dict.fromkeys((*LiteInputs.model_fields, *FullInputs.model_fields)))
OURS = ("name", "health")


class SessionTemplateProvider(LiveAvatarProvider):
    """Nothing is made at LiveAvatar; create and update only make sure that a session could start."""

    inputs = INPUTS

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        if isinstance(news.get("mode"), Unknown):
            return CheckResult({k: v for k, v in news.items() if k in INPUTS}, [])
        result = check_inputs(_inputs_model(news), news)
        if not result.failures and not contains_unknowns(result.inputs):
            for warning in warnings_about(result.inputs):
                pulumi.log.warn(f"SessionTemplate {result.inputs['name']}: {warning}")
        return result

    def create(self, props: dict[str, Any]) -> CreateResult:
        outs = self._outs(props)
        return CreateResult(outs["name"], outs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """A reference that is gone is taken out of the inputs: that is the drift the next up repairs."""
        if "body" not in props:
            return gone(id_, props, marker="body", what="SessionTemplate")
        dangling = dangling_references(props["body"], self.client)
        left = without({key: props[key] for key in INPUTS if key in props}, dangling)
        outs = {**left, "body": props["body"], "digest": props["digest"]}
        return seen(id_, props, outs, INPUTS)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self._outs(news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Nothing is there to delete."""

    def _outs(self, props: Some) -> dict[str, Any]:
        held = {key: props[key] for key in INPUTS if props.get(key) is not None}
        body = _body(held)
        dangling = dangling_references(body, self.client)
        if fatal := [str(each) for each in dangling if each.fatal]:
            raise Invalid(
                f"SessionTemplate {held['name']!r} was not saved",
                why="No session could start with it: " + "; ".join(fatal),
                next_step="Correct these references, or run `pulumi refresh` if the objects were deleted "
                "by hand",
            )
        for each in dangling:
            pulumi.log.warn(f"SessionTemplate {held['name']}: {each}")
        return {**held, "body": body, "digest": digest(body)}


def _inputs_model(props: Some) -> type[StrictModel]:
    return FullInputs if body_model(props) is FullBody else LiteInputs


def _body(props: Some) -> dict[str, Any]:
    """Exactly what is sent; whole numbers come back from Pulumi as floats and are made whole again."""
    raw = {key: value for key, value in props.items() if key not in OURS}
    body: dict[str, Any] = plain(body_model(raw).model_validate(raw))
    return body


class SessionTemplate(Resource, module="liveavatar", name="SessionTemplate"):
    """
    How a session is opened; the fields are those of `POST /v1/sessions/token`, by their own names.

    `body` is the exact request, `digest` the sha256 of its canonical JSON. `health` overrides limits of the
    health check and is no part of the body. Tokens of a room of one's own are secret: with `livekit_config`
    or `agora_config` the body is too. There is no region: LiveAvatar's API has none.
    """

    name: pulumi.Output[str]
    mode: pulumi.Output[str]
    avatar_id: pulumi.Output[str]
    health: pulumi.Output[dict[str, HealthLimit] | None]
    body: pulumi.Output[dict[str, Any]]
    digest: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        avatar_id: pulumi.Input[str],
        mode: pulumi.Input[str] = "LITE",
        is_sandbox: pulumi.Input[bool] = False,
        video_settings: pulumi.Input[VideoSettingsArgs | Some] | None = None,
        max_session_duration: pulumi.Input[int] | None = None,
        openai_realtime_config: pulumi.Input[OpenAIRealtimeArgs | Some] | None = None,
        gemini_realtime_config: pulumi.Input[GeminiRealtimeArgs | Some] | None = None,
        elevenlabs_agent_config: pulumi.Input[ElevenLabsAgentArgs | Some] | None = None,
        cartesia_agent_config: pulumi.Input[CartesiaAgentArgs | Some] | None = None,
        livekit_config: pulumi.Input[LiveKitArgs | Some] | None = None,
        agora_config: pulumi.Input[AgoraArgs | Some] | None = None,
        avatar_persona: pulumi.Input[AvatarPersonaArgs | Some] | None = None,
        voice_agent: pulumi.Input[VoiceAgentArgs | Some] | None = None,
        interactivity_type: pulumi.Input[str] | None = None,
        llm_configuration_id: pulumi.Input[str] | None = None,
        dynamic_variables: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        memory: pulumi.Input[MemoryArgs | Some] | None = None,
        health: pulumi.Input[Mapping[str, HealthLimit]] | None = None,
        name: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {
            "name": default_name(resource_name) if name is None else name,
            "avatar_id": avatar_id,
            "mode": mode,
            "is_sandbox": is_sandbox,
            "video_settings": video_settings,
            "max_session_duration": max_session_duration,
            "openai_realtime_config": openai_realtime_config,
            "gemini_realtime_config": gemini_realtime_config,
            "elevenlabs_agent_config": elevenlabs_agent_config,
            "cartesia_agent_config": cartesia_agent_config,
            "livekit_config": livekit_config,
            "agora_config": agora_config,
            "avatar_persona": avatar_persona,
            "voice_agent": voice_agent,
            "interactivity_type": interactivity_type,
            "llm_configuration_id": llm_configuration_id,
            "dynamic_variables": dynamic_variables,
            "memory": memory,
            "health": health,
        }
        opts = _with_secret_rooms(props, opts)
        super().__init__(
            SessionTemplateProvider(), resource_name, {**props, "body": None, "digest": None}, opts
        )


def _with_secret_rooms(
    props: dict[str, Any], opts: pulumi.ResourceOptions | None
) -> pulumi.ResourceOptions | None:
    """A room's token is kept encrypted, in the input and in the body, which repeats it in another place."""
    rooms = [name for name in ROOMS if props[name] is not None]
    for name in rooms:
        props[name] = pulumi.Output.secret(props[name])
    if not rooms:
        return opts
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=["body"]))
