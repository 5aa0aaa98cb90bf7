"""The Context kind: what an avatar knows, how it behaves and what it says first."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, Resource, UpdateResult
from pydantic import BeforeValidator, Field

from pulumi_liveavatar._base import LiveAvatarProvider, check_inputs, default_name, gone, seen
from pulumi_liveavatar.api.contexts import Contexts, WireContext
from pulumi_liveavatar.api.errors import OUTCOME_UNKNOWN, Invalid, LiveAvatarError, NotThere
from pulumi_liveavatar.strict import Flag, StrictModel, Text


def _tidy(text: Any) -> Any:
    """Line ends and outer blanks are an editor's doing; they are neither sent nor compared."""
    return text.replace("\r\n", "\n").strip() if isinstance(text, str) else text


class LinkInputs(StrictModel):
    """A page the avatar may point at, and the question it answers."""

    url: Text
    faq: Text


class ContextInputs(StrictModel):
    """Plain values, after Pulumi has resolved them. No length is documented (LiveAvatar API facts §2.2)."""

    name: Annotated[Text, BeforeValidator(_tidy)]
    prompt: Annotated[Text, BeforeValidator(_tidy)]
    opening_text: Annotated[str, BeforeValidator(_tidy)] = ""
    links: list[LinkInputs] = Field(default_factory=list)
    adopt: Flag = False


CONTENT: tuple[str, ...] = ("name", "prompt", "opening_text", "links")


class ContextProvider(LiveAvatarProvider):
    """Everything but the id can be changed in place; the name is unique in the account."""

    inputs = CONTENT

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        return check_inputs(ContextInputs, news)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """
        Make it, or take over what an earlier, interrupted create of ours left behind.

        LiveAvatar refuses a second context of the same name, so looking first would cost a list of all
        contexts each time and prove nothing: it is only looked for when the POST was not answered with a
        success.
        """
        wanted = _wanted(props)
        with self.claims.on(f"context {wanted['name']}") as claim:
            try:
                made = Contexts(self.client).create(**wanted)
            except (Invalid, *OUTCOME_UNKNOWN) as error:
                made = self._take_over(wanted, adopt=bool(props.get("adopt")), instead_of=error)
            claim.holds(made.id)
        return CreateResult(made.id, _outs(made))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        contexts = Contexts(self.client)
        try:
            found = contexts.get(id_)
        except NotThere:
            if _is_listed(contexts, id_):
                raise
            return gone(id_, props, marker="required_dynamic_variables", what="Context")
        return seen(id_, props, _outs(found), CONTENT)

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        wanted = _wanted(news)
        try:
            changed = Contexts(self.client).update(id_, **wanted)
        except Invalid:
            if wanted["name"] != olds.get("name"):
                self._refuse_a_taken_name(id_, wanted["name"])
            raise
        return UpdateResult(_outs(changed))

    def delete(self, id_: str, _props: dict[str, Any]) -> None:
        if self.is_taken_over(id_, "Context"):
            return
        contexts = Contexts(self.client)
        try:
            contexts.delete(id_)
        except NotThere:
            if _is_listed(contexts, id_):
                raise
            pulumi.log.debug(f"context {id_} was gone already")

    def _take_over(self, wanted: dict[str, Any], *, adopt: bool, instead_of: LiveAvatarError) -> WireContext:
        contexts = Contexts(self.client)
        found = contexts.find(wanted["name"])
        if found is None:
            raise instead_of
        if _content(found) == wanted:
            pulumi.log.info(f"Context {wanted['name']!r} was there with the same content and is ours now")
            return found
        if adopt:
            return contexts.update(found.id, **wanted)
        different = ", ".join(key for key in CONTENT if _content(found)[key] != wanted[key])
        raise Invalid(
            f"Context {wanted['name']!r} was not made",
            why=f"LiveAvatar has another one of that name ({found.id}), with other content: {different}",
            next_step="To take it over and give it this content, set adopt=True on this Context; "
            "else give it another `name`",
        )

    def _refuse_a_taken_name(self, id_: str, name: str) -> None:
        holder = next((c for c in Contexts(self.client).list() if c.name == name and c.id != id_), None)
        if holder:
            raise Invalid(
                f"Context {id_} was not renamed to {name!r}",
                why=f"Context {holder.id} has that name, and names are unique in the account",
                next_step="Choose another `name`, or rename or delete the other context first",
            )


def _is_listed(contexts: Contexts, id_: str) -> bool:
    """
    A second opinion before anything counts as gone.

    That an unknown id is answered with 404 is an assumption (LiveAvatar API facts §1.3), and a wrong address
    answers 404 to everything: then the list fails too, and nothing is dropped from the state.
    """
    return any(context.id == id_ for context in contexts.list())


def _wanted(props: Mapping[str, Any]) -> dict[str, Any]:
    inputs = check_inputs(ContextInputs, {k: props[k] for k in CONTENT if k in props}).inputs
    return {key: inputs[key] for key in CONTENT}


def _content(context: WireContext) -> dict[str, Any]:
    """What LiveAvatar has, in the words of our inputs."""
    return {
        "name": context.name,
        "prompt": _tidy(context.prompt),
        "opening_text": _tidy(context.opening_text),
        "links": [{"url": link.url, "faq": link.faq} for link in context.links],
    }


def _outs(context: WireContext) -> dict[str, Any]:
    return {**_content(context), "required_dynamic_variables": list(context.required_dynamic_variables)}


class Context(Resource, module="liveavatar", name="Context"):
    """
    A LiveAvatar context.

    `name` defaults to `<project>-<stack>-<resource name>`. `links` are `{"url": …, "faq": …}`.
    `adopt=True` takes over a context of that name that somebody made by hand, and gives it this content.
    """

    name: pulumi.Output[str]
    prompt: pulumi.Output[str]
    opening_text: pulumi.Output[str]
    links: pulumi.Output[list[dict[str, str]]]
    required_dynamic_variables: pulumi.Output[list[str]]

    def __init__(
        self,
        resource_name: str,
        *,
        prompt: pulumi.Input[str],
        opening_text: pulumi.Input[str] = "",
        links: pulumi.Input[Sequence[pulumi.Input[Mapping[str, pulumi.Input[str]]]]] = (),
        name: pulumi.Input[str] | None = None,
        adopt: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "name": default_name(resource_name) if name is None else name,
            "prompt": prompt,
            "opening_text": opening_text,
            "links": list(links) if isinstance(links, tuple) else links,
            "adopt": adopt,
            "required_dynamic_variables": None,
        }
        super().__init__(ContextProvider(), resource_name, props, opts)
