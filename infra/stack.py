"""Declares one environment: its secrets, contexts and session templates, and what the stack tells others."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from catalog_reader import Catalog, ContextEntry, TemplateEntry
from environment import Environment, Gate, SecretSource
from pulumi_liveavatar import Context, HealthGate, Secret, SessionTemplate, aws_secret


class BadReferences(Exception):
    """Templates that name an avatar or a secret which this environment does not have."""


@dataclass(frozen=True)
class Declared:
    """The stack's resources by logical name."""

    secrets: dict[str, Secret]
    contexts: dict[str, Context]
    templates: dict[str, SessionTemplate]


def check_references(catalog: Catalog, environment: Environment, stack: str) -> None:
    """
    Every avatar and secret that a template names must be known in this environment.

    Raises BadReferences with all that are not.
    """
    rows = []
    for name, template in catalog.templates.items():
        for kind, wanted, known in (
            ("avatars", template.avatar, environment.avatars),
            ("secrets", template.secret, environment.secrets),
        ):
            if wanted not in known:
                rows.append(f"  templates/{name}.yaml: {_unknown(kind, wanted, known, stack)}")
    if rows:
        raise BadReferences("Templates name what this environment does not have:\n" + "\n".join(rows))


def _unknown(kind: str, wanted: str, known: Collection[str], stack: str) -> str:
    near = difflib.get_close_matches(wanted, known, n=1)
    advice = f"did you mean {near[0]}?" if near else f"add it to Pulumi.{stack}.yaml"
    return f"{kind.removesuffix('s')} {wanted!r} is not in liveavatar-ops:{kind}; {advice}"


def declare(catalog: Catalog, environment: Environment, config: pulumi.Config) -> Declared:
    """Declare every kind; the order of the calls is the order of the dependencies."""
    used = {template.secret for template in catalog.templates.values()}
    secrets = {
        name: _secret(name, source, config) for name, source in environment.secrets.items() if name in used
    }
    contexts = {name: _context(name, entry) for name, entry in catalog.contexts.items()}
    templates = {
        name: _template(name, entry, environment, secrets, contexts)
        for name, entry in catalog.templates.items()
    }
    if environment.gate is not None:
        for name, entry in catalog.templates.items():
            _gate(name, entry, environment.gate, templates[name], contexts)
    return Declared(secrets, contexts, templates)


def _secret(name: str, source: SecretSource, config: pulumi.Config) -> Secret:
    if source.value_from is not None:
        return Secret(name, secret_type=source.type, value=config.require_secret(source.value_from))
    assert source.aws_secret_id is not None
    aws = aws_secret(source.aws_secret_id, json_key=source.json_key, region=source.region)
    return Secret(name, secret_type=source.type, aws=aws)


def _context(name: str, entry: ContextEntry) -> Context:
    links = [link.model_dump() for link in entry.links]
    return Context(name, prompt=entry.prompt, opening_text=entry.opening_text, links=links)


def _template(
    name: str,
    entry: TemplateEntry,
    environment: Environment,
    secrets: Mapping[str, Secret],
    contexts: Mapping[str, Context],
) -> SessionTemplate:
    realtime: dict[str, Any] = {
        "secret_id": secrets[entry.secret].id,
        "voice": entry.voice,
        "model": entry.model,
        "temperature": entry.temperature,
    }
    if entry.context is not None:
        realtime["context_id"] = contexts[entry.context].id
    return SessionTemplate(
        name,
        mode="LITE",
        avatar_id=str(environment.avatars[entry.avatar]),
        is_sandbox=environment.sandbox,
        video_settings=entry.video.model_dump(mode="json"),
        max_session_duration=environment.longest_session_s(entry.max_session_duration),
        openai_realtime_config=realtime,
        health=entry.health,
    )


def _gate(
    name: str,
    entry: TemplateEntry,
    wanted: Gate,
    template: SessionTemplate,
    contexts: Mapping[str, Context],
) -> HealthGate:
    """The last of a template's resources: what is replaced is deleted only after it passed."""
    guards = [contexts[entry.context]] if entry.context is not None else []
    return HealthGate(
        name,
        template=template,
        guards=guards,
        depth=wanted.depth,
        attempts=wanted.attempts,
        needed=wanted.needed,
    )


def export(declared: Declared, catalog: Catalog, environment_name: str) -> None:
    """What `pulumi stack output` shows and the health job reads."""
    pulumi.export("environment", environment_name)
    pulumi.export("secrets", {n: {"id": s.id, "name": s.name} for n, s in declared.secrets.items()})
    pulumi.export("contexts", {n: {"id": c.id, "name": c.name} for n, c in declared.contexts.items()})
    pulumi.export(
        "templates",
        {
            n: {"name": t.name, "body": t.body, "digest": t.digest, "health": catalog.templates[n].health}
            for n, t in declared.templates.items()
        },
    )
    pulumi.export("digest", catalog.digest)
