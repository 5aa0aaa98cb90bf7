"""The short lists of the report: what was checked, the talk, the network, our own host, the cost."""

from collections.abc import Sequence

from liveavatar_ops.health.facts import Facts
from liveavatar_ops.health.measures import show

Pair = tuple[str, str]


def checked(facts: Facts) -> list[Pair]:
    """What was checked, and when."""
    target = facts.target
    size = f"{target.width}×{target.height}" if target.width and target.height else None
    return _known(
        ("Started", f"{facts.started_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Took", _s(facts.finished_s)),
        ("Depth", target.depth.value),
        ("Stack", target.stack),
        ("Session template", target.template),
        ("Digest", target.digest[:19] if target.digest else None),
        ("Avatar", target.avatar_id),
        ("LiveAvatar session", facts.session_id),
        ("Mode", target.mode),
        ("Agent", target.connector),
        ("Asked for", size),
        ("Sandbox", "yes" if target.sandbox else None),
    )


def room(facts: Facts) -> list[Pair]:
    """The moments of the room and of the picture, in seconds from the first API call."""
    seen, video, path = facts.room, facts.video, facts.room.path
    way = [path.protocol, path.local_type, path.remote_type] if path else []
    sizes = ", ".join(f"{size.width}×{size.height} from {size.at_s:.1f} s" for size in video.sizes[:6])
    return _known(
        ("Joined the room", _s(seen.connected_s)),
        ("Avatar joined", _s(seen.avatar_joined_s)),
        ("Video subscribed", _s(seen.video_subscribed_s)),
        ("Sound subscribed", _s(seen.audio_subscribed_s)),
        ("First frame", _s(video.first_frame_s)),
        ("Last frame", _s(video.last_frame_s)),
        ("Video track ended", _s(seen.video_ended_s)),
        ("Avatar left", _s(seen.avatar_left_s)),
        ("Room closed", _closed(facts)),
        ("Watched until", _s(seen.watched_until_s)),
        ("Frames", str(video.frames) if video.frames else None),
        ("Size", sizes),
        ("Scene cuts", str(video.scene_cuts) if video.scene_cuts else None),
        ("Reconnects", str(seen.reconnects) if seen.reconnects else None),
        ("Media path", " · ".join(word for word in way if word)),
        ("Round trip", _ms(path.round_trip_s if path else None)),
    )


def _closed(facts: Facts) -> str | None:
    if facts.room.disconnected_s is None:
        return None
    why = f" ({facts.room.disconnect_reason})" if facts.room.disconnect_reason else ""
    return f"{facts.room.disconnected_s:.2f} s{why}"


def talk(facts: Facts) -> list[Pair]:
    """One question and its answer; empty at other depths."""
    said = facts.conversation
    if said is None:
        return []
    lips = said.lips
    return _known(
        ("Our prompt", _from_to(said.prompt_started_s, said.prompt_ended_s)),
        ("Answer heard at", _s(said.answer_started_s)),
        ("Answer after", _s(said.answer_latency_s)),
        ("Length of the answer", _s(said.answer_speech_s or None)),
        ("Listened for", _s(said.waited_s)),
        ("Talked on for", _s(said.talked_on_s or None)),
        ("Greeting before", _s(said.greeting_speech_s or None)),
        ("Service: heard us at", _s(said.user_heard_event_s)),
        ("Service: avatar speaks at", _s(said.speak_started_event_s)),
        ("Service: avatar ended at", _s(said.speak_ended_event_s)),
        ("Mouth moves after prompt", _s(said.mouth_moving_s)),
        ("Mouth moves in speech", _share(lips.moving_share)),
        ("Mouth with voice, |r|", None if lips.correlation is None else f"{lips.correlation:.2f}"),
        ("Sound before picture", _ms(lips.offset_s)),
        ("Loudness of speech", _dbfs(facts.audio.level_dbfs)),
        ("Peak", _dbfs(facts.audio.peak_dbfs)),
    )


def network(facts: Facts) -> list[Pair]:
    """Receiver statistics."""
    seen = facts.network
    rate = None if seen.bitrate_bps is None else f"{seen.bitrate_bps / 1000:.0f} kbit/s"
    return _known(
        ("Packets lost", _share(seen.loss_share)),
        ("Jitter", _ms(seen.jitter_s)),
        ("Bit rate", rate),
        ("Codec", seen.codec),
        ("Decoder", seen.decoder),
        ("Frames decoded", _count(seen.frames_decoded)),
        ("Frames dropped", _count(seen.frames_dropped)),
        ("NACK · PLI", None if seen.nack_count is None else f"{seen.nack_count} · {seen.pli_count or 0}"),
        ("Quantiser, mean", None if seen.qp_mean is None else f"{seen.qp_mean:.0f}"),
        ("Sound packets lost", _share(seen.sound_loss_share)),
        ("Sound made up", _share(seen.concealed_share)),
    )


def host(facts: Facts) -> list[Pair]:
    """Whether our own machine kept up."""
    own = facts.host
    return _known(
        ("Event loop late, most", _ms(own.loop_lag_max_s)),
        ("Event loop late, p95", _ms(own.loop_lag_p95_s)),
        ("Late moments", _count(len(own.spikes))),
        ("CPU of the check", None if own.cpu_share is None else f"{own.cpu_share:.2f} cores"),
        ("CPUs busy", _share(own.busy_share)),
        ("Waited for a CPU", _share(own.waited_share)),
        ("CPU stolen", _share(own.stolen_share)),
        ("CPU quota used up", _share(own.throttled_share)),
        ("Load", None if own.load is None else f"{own.load:.1f} on {own.cores or '?'} cores"),
        ("Frames waiting, most", _count(own.backlog_max)),
        ("Frames we dropped", _count(own.frames_dropped)),
        ("Content looked at", _share(facts.video.analysed_share) if facts.video.frames else None),
    )


def cost(facts: Facts) -> list[Pair]:
    """Credits, and whether the session was ended."""
    paid, stop = facts.credits, facts.stop
    ended = None
    if stop.needed:
        ended = f"by {stop.by or 'the check'}" if stop.stopped else "NO, it may still be open"
    return _known(
        ("Credits before", None if paid.before is None else f"{paid.before.normalize():f}"),
        ("Credits after", None if paid.after is None else f"{paid.after.normalize():f}"),
        ("Cost by the price list", None if paid.estimate is None else f"{paid.estimate.normalize():f}"),
        ("Session ended", ended),
        ("Stop call", _ms(stop.took_s)),
    )


def _known(*pairs: tuple[str, str | None]) -> list[Pair]:
    return [(name, value) for name, value in pairs if value]


def _s(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f} s"


def _ms(value: float | None) -> str | None:
    return None if value is None else f"{value * 1000:.0f} ms".replace("-", "−")


def _share(value: float | None) -> str | None:
    return None if value is None else show(value, "share")


def _dbfs(value: float | None) -> str | None:
    return None if value is None else show(value, "dBFS")


def _count(value: int | None) -> str | None:
    return None if value is None else str(value)


def _from_to(start_s: float | None, end_s: float | None) -> str | None:
    if start_s is None:
        return None
    return f"{start_s:.2f} s to {'?' if end_s is None else f'{end_s:.2f}'} s"


def sections(facts: Facts) -> Sequence[tuple[str, list[Pair]]]:
    """Every list that has something to say, under its heading."""
    every = (
        ("What was checked", checked(facts)),
        ("Room and picture", room(facts)),
        ("Conversation", talk(facts)),
        ("Network", network(facts)),
        ("Our own host", host(facts) if facts.room.connect_started_s is not None else []),
        ("Cost and cleaning up", cost(facts)),
    )
    return [(title, pairs) for title, pairs in every if pairs]
