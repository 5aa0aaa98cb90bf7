"""
Picks the numbers that mean something out of LiveKit's receiver statistics. Pure; knows no SDK types.

Freeze and pause durations are left out on purpose: the SDK always reports 0 (video health facts §0).
"""

from collections.abc import Iterable
from typing import Any

from liveavatar_ops.health.facts import IcePath, NetworkFacts

Row = tuple[str, Any]
"""Kind of a statistic (`inbound_rtp`, `candidate_pair`, …) and its message."""


def rows_of(stats: Iterable[Any]) -> list[Row]:
    """(kind, message) of every statistic, by the protobuf oneof that holds it."""
    found = []
    for stat in stats:
        kind = stat.WhichOneof("stats")
        if kind:
            found.append((kind, getattr(stat, kind)))
    return found


def network_facts(video: list[Row], audio: list[Row], *, watched_s: float) -> NetworkFacts:
    """Loss, jitter, bitrate and codec of the picture, made-up share of the sound."""
    facts: dict[str, Any] = {}
    picture = _only(video, "inbound_rtp")
    if picture is not None:
        received, inbound = picture.received, picture.inbound
        arrived = received.packets_received + max(received.packets_lost, 0)
        facts = {
            "loss_share": _share(max(received.packets_lost, 0), arrived),
            "jitter_s": received.jitter,
            "bitrate_bps": inbound.bytes_received * 8 / watched_s if watched_s > 0 else None,
            "decoder": inbound.decoder_implementation or None,
            "frames_decoded": inbound.frames_decoded,
            "frames_dropped": inbound.frames_dropped,
            "nack_count": inbound.nack_count,
            "pli_count": inbound.pli_count,
            "qp_mean": inbound.qp_sum / inbound.frames_decoded if inbound.frames_decoded else None,
        }
    codec = _only(video, "codec")
    if codec is not None:
        facts["codec"] = codec.codec.mime_type or None
    sound = _only(audio, "inbound_rtp")
    if sound is not None:
        facts["concealed_share"] = _share(
            sound.inbound.concealed_samples, sound.inbound.total_samples_received
        )
    return NetworkFacts(**facts)


def ice_path(rows: list[Row]) -> IcePath | None:
    """The way media took: the nominated candidate pair and its two ends."""
    pairs = [row.candidate_pair for kind, row in rows if kind == "candidate_pair"]
    chosen = next((pair for pair in pairs if pair.nominated), None)
    if chosen is None:
        return None
    ends = {
        row.rtc.id: row.candidate for kind, row in rows if kind in ("local_candidate", "remote_candidate")
    }
    local, remote = ends.get(chosen.local_candidate_id), ends.get(chosen.remote_candidate_id)
    protocol = (local.protocol if local else "").lower()
    return IcePath(
        protocol=protocol if protocol in ("udp", "tcp") else None,
        local_type=_candidate_type(local),
        remote_type=_candidate_type(remote),
        relay_protocol=None,
        round_trip_s=chosen.current_round_trip_time or None,
    )


CANDIDATE_TYPES = ("host", "srflx", "prflx", "relay")


def _candidate_type(candidate: Any) -> str | None:
    if candidate is None:
        return None
    number = int(candidate.candidate_type)
    return CANDIDATE_TYPES[number] if 0 <= number < len(CANDIDATE_TYPES) else None


def _only(rows: list[Row], kind: str) -> Any:
    return next((message for name, message in rows if name == kind), None)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
