"""
Picks the numbers that mean something out of LiveKit's receiver statistics. Pure; knows no SDK types.

Freeze and pause durations are left out on purpose: the SDK always reports 0 (video health facts §0).
"""

from collections.abc import Iterable
from typing import Any, Literal

from liveavatar_ops.health.facts import ArrivalSeries, IcePath, NetworkFacts

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


def network_facts(
    video: list[Row], audio: list[Row], *, watched_s: float, arrivals: ArrivalSeries | None = None
) -> NetworkFacts:
    """Loss, jitter, bitrate and codec of the picture, made-up share of the sound."""
    facts: dict[str, Any] = {}
    picture = _only(video, "inbound_rtp")
    if picture is not None:
        received, inbound = picture.received, picture.inbound
        facts = {
            "loss_share": _lost(received),
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
        heard, silent = sound.inbound, sound.inbound.silent_concealed_samples
        facts["concealed_share"] = _share(
            max(heard.concealed_samples - silent, 0), heard.total_samples_received
        )
        facts["concealed_silence_share"] = _share(silent, heard.total_samples_received)
        facts["sound_loss_share"] = _lost(sound.received)
    return NetworkFacts(**facts, arrivals=arrivals or ArrivalSeries())


def ice_path(rows: list[Row]) -> IcePath | None:
    """The way media took: the nominated candidate pair that carried most, and its two ends."""
    pairs = [row.candidate_pair for kind, row in rows if kind == "candidate_pair"]
    nominated = [pair for pair in pairs if pair.nominated]
    if not nominated:
        return None
    chosen = max(nominated, key=lambda pair: pair.packets_received)
    ends = {
        row.rtc.id: row.candidate for kind, row in rows if kind in ("local_candidate", "remote_candidate")
    }
    local, remote = ends.get(chosen.local_candidate_id), ends.get(chosen.remote_candidate_id)
    return IcePath(
        protocol=None if local is None else PROTOCOLS.get(local.protocol.lower()),
        local_type=_candidate_type(local),
        remote_type=_candidate_type(remote),
        relay_protocol=_relay_protocol(local),
        round_trip_s=chosen.current_round_trip_time or None,
    )


PROTOCOLS: dict[str, Literal["udp", "tcp"]] = {"udp": "udp", "tcp": "tcp"}
CANDIDATE_TYPES = ("host", "srflx", "prflx", "relay")
RELAY_PROTOCOLS = ("udp", "tcp", "tls")


def _candidate_type(candidate: Any) -> str | None:
    return None if candidate is None else _named(CANDIDATE_TYPES, candidate.candidate_type)


def _relay_protocol(candidate: Any) -> str | None:
    """How the relay itself is reached; the field means nothing for a direct candidate."""
    if _candidate_type(candidate) != "relay":
        return None
    return _named(RELAY_PROTOCOLS, candidate.relay_protocol)


def _named(names: tuple[str, ...], number: int) -> str | None:
    return names[number] if 0 <= number < len(names) else None


def _only(rows: list[Row], kind: str) -> Any:
    return next((message for name, message in rows if name == kind), None)


def _lost(received: Any) -> float | None:
    """Of the packets that were sent, those that never came; duplicates can make the count negative."""
    lost = max(received.packets_lost, 0)
    return _share(lost, received.packets_received + lost)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
