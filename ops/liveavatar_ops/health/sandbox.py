"""
Whether a check's session is opened in LiveAvatar's sandbox, and what follows from that.

A sandbox session costs nothing, ends after about a minute, and shows only LiveAvatar's own sandbox avatars
(LiveAvatar API facts §4). A template allows it for good by `sandbox: true` in its `health:` block; what is
deployed stays as it is, and so does its digest.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from liveavatar_ops.health.target import Target
from pulumi_liveavatar.api.avatars import SANDBOX_AVATARS
from pulumi_liveavatar.api.token_body import SANDBOX_LONGEST_S

REFUSED_NEXT_STEP = (
    f"The sandbox shows only its own avatar ({SANDBOX_AVATARS[0]}): check with --no-sandbox, which costs "
    "credits, and take `sandbox: true` out of the template's health block if it stands there."
)


def opened(target: Target, asked: bool | None) -> Target:
    """
    The target with the body that its session is opened with.

    `asked` is --sandbox or --no-sandbox, None where neither was typed: then the template decides.
    """
    wanted = target.allows_sandbox or None if asked is None else asked
    if wanted is None or bool(target.body.get("is_sandbox")) == wanted:
        return target
    return replace(
        target, body={**target.body, "is_sandbox": wanted, **(_short(target.body) if wanted else {})}
    )


def _short(body: Mapping[str, Any]) -> dict[str, int]:
    """LiveAvatar answers 400 to longer sandbox sessions."""
    longest = body.get("max_session_duration")
    return {} if longest is None else {"max_session_duration": min(longest, SANDBOX_LONGEST_S)}


def may_be_refused(sandbox: bool, avatar_id: str | None) -> bool:
    """Whether a refused session was asked of the sandbox for an avatar that is not known to be its own."""
    return sandbox and avatar_id not in SANDBOX_AVATARS
