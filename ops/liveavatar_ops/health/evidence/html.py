"""
One page that tells the whole check, to be read on a phone at night, at a desk, or on paper.

The page stands alone: pictures are data, there is no script, and its security policy lets nothing in but
its own two style blocks, so that a hostile name stays text even if escaping ever failed.
"""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from liveavatar_ops.codes import with_code
from liveavatar_ops.health.clip_size import clip_in_words
from liveavatar_ops.health.evidence import html_lists, html_view
from liveavatar_ops.health.evidence.figures import figures
from liveavatar_ops.health.evidence.looks import STATE_LOOKS
from liveavatar_ops.health.evidence.palette import CAUSE_WORDS
from liveavatar_ops.health.evidence.timeline import timeline
from liveavatar_ops.health.evidence.timeline_places import places
from liveavatar_ops.health.explain import explained, value_in_words
from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.files import write_whole
from liveavatar_ops.health.report.human import cost_of, good_news
from liveavatar_ops.health.report.result import HealthResult
from liveavatar_ops.health.thumbnails import Thumbnail
from liveavatar_ops.health.verdicts import Verdict
from liveavatar_ops.page_files import style, template

PLACE = ("liveavatar_ops.health", "evidence")
LOOKS = {
    Verdict.HEALTHY: "good",
    Verdict.DEGRADED: "warn",
    Verdict.UNHEALTHY: "bad",
    Verdict.INCONCLUSIVE: "unsure",
}


def html_report(result: HealthResult, pictures: Sequence[Thumbnail] = ()) -> str:
    """The page. `pictures` are what the check kept; they are not part of the result."""
    facts, judged = result.facts, result.judgement
    drawn = timeline(facts, judged, result.limits, alone=False)
    css = style(*PLACE, "report.css")
    lines, more_events = html_view.events(facts)
    return template(*PLACE, "report.html.j2").render(
        result=result,
        facts=facts,
        judged=judged,
        next_step=with_code(judged.next_step),
        notes=[with_code(note) for note in facts.notes],
        look=LOOKS[judged.verdict],
        cause=CAUSE_WORDS[judged.cause],
        cost=cost_of(facts.credits),
        good_news=good_news(result) if judged.verdict is Verdict.HEALTHY else "",
        reasons=html_view.reasons(places(judged.reasons, facts)),
        figures=figures(facts, result.limits, judged.reasons),
        state_looks=STATE_LOOKS,
        shots=html_view.shots(pictures, facts),
        asked_for_picture=facts.target.depth.includes(Depth.VIDEO),
        measures=html_view.rows(result.measures),
        unseen=[reading.title.lower() for reading in result.measures if reading.state == "not_seen"],
        calls=html_view.api_calls(facts),
        events=lines,
        more_events=more_events,
        sections=html_lists.sections(facts),
        overridden=any(row.overridden for row in explained(result.limits)),
        limits=[
            (row, value_in_words(row.value, row.unit), value_in_words(row.default, row.unit))
            for row in explained(result.limits)
        ],
        clip=clip_in_words(facts) if "clip" in result.evidence else "",
        files=[Path(path).name for name, path in result.evidence.items() if name != "folder"],
        css=css,
        timeline=Markup(drawn.svg),  # noqa: S704 -- its pen escapes whatever it writes
        policy=policy(css, drawn.style),
    )


def write_html(path: Path, result: HealthResult, pictures: Sequence[Thumbnail] = ()) -> None:
    """Write the page as a file."""
    write_whole(path, html_report(result, pictures))


def policy(*styles: str) -> str:
    """The content security policy: nothing but these style blocks, by their digest, and pictures as data."""
    digests = (base64.b64encode(hashlib.sha256(block.encode()).digest()).decode() for block in styles)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return f"default-src 'none'; img-src data:; style-src {allowed}; base-uri 'none'; form-action 'none'"
