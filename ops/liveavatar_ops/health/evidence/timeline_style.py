"""Colours of the timeline in light and dark. Plain rules without variables: any SVG viewer knows them."""

from dataclasses import dataclass

from liveavatar_ops.health.evidence.timeline_space import NARROWEST_WIDE

FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif'


# A drawing opened by itself on a phone is laid out 980 wide, as any page that says nothing about its width;
# inside an <img> the "screen" is the image, which keeps the shape of the wide drawing.
_PHONE = ",".join(
    f"screen and (max-{kind}:640px) and (orientation:portrait)" for kind in ("width", "device-width")
)


@dataclass(frozen=True)
class _Colours:
    paper: str
    card: str
    ink: str
    soft: str
    rule: str
    good: str
    warn: str
    bad: str
    unsure: str
    luma: str
    motion: str
    sound: str
    prompt: str
    frames: str
    knock: str
    """Ink on the coloured flags."""


LIGHT = _Colours(
    paper="#ffffff", card="#f6f7f9", ink="#1b1d22", soft="#5d6370", rule="#dcdfe5", good="#24855a",
    warn="#b87400", bad="#cc2f34", unsure="#66758a", luma="#2f6fc4", motion="#7d52c0", sound="#22806d",
    prompt="#2f6fc4", frames="#5f7fa8", knock="#ffffff",
)  # fmt: skip
DARK = _Colours(
    paper="#1d2026", card="#23272e", ink="#eceef2", soft="#a2a9b6", rule="#363c46", good="#4fbd86",
    warn="#e0a526", bad="#f06a66", unsure="#93a1b5", luma="#6cb6ff", motion="#b48af0", sound="#5cb8a5",
    prompt="#6cb6ff", frames="#86a5cf", knock="#14161a",
)  # fmt: skip
_INKS = (
    "ink",
    "soft",
    "rule",
    "good",
    "warn",
    "bad",
    "unsure",
    "luma",
    "motion",
    "sound",
    "prompt",
    "frames",
)


def css(narrow: tuple[int, int], paper: tuple[int, int]) -> str:
    """
    The style block. On a narrow upright screen the drawing for phones takes the place of the wide one, and
    on paper the one for paper: `narrow` and `paper` are their widths and heights.
    """
    return (
        f".tl text{{font-family:{FONT};font-variant-numeric:tabular-nums}}"
        ".tl .bold{font-weight:650}.tl .dash{stroke-dasharray:4 4}.tl path{fill:none;stroke-linejoin:round}"
        ".tl .hair{stroke-width:1}.tl .line{stroke-width:1.6}.tl .thick{stroke-width:3;stroke-linecap:round}"
        ".tl .wash{opacity:.17}.tl .half{opacity:.55}"
        ".tl .halo{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}"
        f"{_rules(LIGHT)}"
        f"@media(prefers-color-scheme:dark){{{_rules(DARK)}}}"
        f"@media print{{{_rules(LIGHT)}}}"
        ".tl{max-width:100%;height:auto}.tl-narrow,.tl-paper{display:none}"
        f"{_instead(_PHONE, 'tl-narrow', narrow)}{_instead('print', 'tl-paper', paper)}"
    )


def _instead(media: str, name: str, size: tuple[int, int]) -> str:
    """On such media another drawing than the wide one."""
    wide, high = size
    return (
        f"@media {media}{{.tl{{width:100%;height:auto;aspect-ratio:{wide}/{high}}}"
        f".tl-wide{{display:none}}.{name}{{display:inline;transform:scale({NARROWEST_WIDE / wide:g})}}}}"
    )


def _rules(colours: _Colours) -> str:
    rules = [
        f".tl text{{fill:{colours.ink}}}.tl .soft{{fill:{colours.soft}}}",
        f".tl .paper{{fill:{colours.paper}}}.tl .card{{fill:{colours.card}}}",
        f".tl .knock{{fill:{colours.knock}}}.tl .halo{{stroke:{colours.paper}}}",
    ]
    for name in _INKS:
        colour = getattr(colours, name)
        rules.append(f".tl .f-{name}{{fill:{colour}}}.tl path.s-{name}{{stroke:{colour}}}")
        rules.append(f".tl .t-{name}{{fill:{colour}}}")
    return "".join(rules)
