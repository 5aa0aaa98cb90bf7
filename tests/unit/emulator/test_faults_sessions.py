"""Faults of sessions: which the control plane plays itself, and what the avatar's worker is told."""

import asyncio
import logging
from collections.abc import Iterator

import jwt
import pytest

from liveavatar_emulator.faults import Fault
from tests.support.emulator_in_process import Desk, desk


@pytest.fixture
def api() -> Iterator[Desk]:
    made = desk()
    with made.http:
        yield made


def order(api: Desk, name: str, **given: object) -> None:
    """Put a fault in force."""
    params = given.pop("params", {})
    assert isinstance(params, dict)
    answer = api.call("POST", "/_emulator/faults", {"fault": {"name": name, **params}, **given}, key=False)
    assert answer.status_code == 200, answer.text


def test_a_worker_gets_its_faults_with_the_job(api: Desk) -> None:
    """
    Picture and sound faults travel in the job, the control plane's own do not.
    """
    order(api, "frozen", params={"after_s": 3})
    order(api, "early_end")
    session_id, _ = api.started()

    assert api.studio.jobs[session_id].faults == [{"name": "frozen", "after_s": 3.0}]


def test_a_running_session_can_be_struck_and_healed(api: Desk) -> None:
    """
    A fault with the id of a running session reaches its worker at once; clearing does too.
    """
    session_id, _ = api.started()

    order(api, "mute", session_id=session_id)
    api.call("DELETE", "/_emulator/faults")

    assert api.studio.told == [
        (session_id, {"command": "fault", "fault": {"name": "mute"}}),
        (session_id, {"command": "clear_faults"}),
    ]
    assert api.studio.jobs[api.started()[0]].faults == []


@pytest.mark.parametrize("heals", [False, True])
def test_a_session_can_be_struck_before_its_worker_is_sent(api: Desk, heals: bool) -> None:
    """
    A fault given, or taken away, right after start answered is in the job: the worker leaves a moment later.
    """
    if heals:
        order(api, "frozen")
    session_id, _ = api.minted()

    async def start_and_strike() -> None:
        await api.conductor.start(session_id)
        assert session_id not in api.studio.jobs
        if heals:
            await api.conductor.clear_faults()
        else:
            await api.conductor.play(session_id, Fault(name="mute"))
        while session_id not in api.studio.jobs:
            await asyncio.sleep(0)

    assert api.http.portal is not None
    api.http.portal.call(start_and_strike)

    assert api.studio.jobs[session_id].faults == ([] if heals else [{"name": "mute"}])


def test_an_early_end_comes_when_told(api: Desk) -> None:
    """
    ``early_end`` ends the session after so many seconds with the reason asked for.
    """
    order(api, "early_end", params={"after_s": 10, "reason": "AGENT_HANG_UP"})
    session_id, _ = api.started()

    api.wait(9)
    assert api.session(session_id)["status"] == "active"
    api.wait(1)

    assert api.session(session_id)["end_reason"] == "AGENT_HANG_UP"


def test_a_silent_maximum_duration_closes_nothing(api: Desk) -> None:
    """
    Past its maximum the session stays open and its avatar goes mute (§6.12); it is told so once.
    """
    order(api, "silent_max_duration")
    session_id, _ = api.started(max_session_duration=30)
    api.wait(29)
    assert api.studio.told == []

    api.wait(10)

    assert api.session(session_id)["status"] == "active"
    assert api.studio.told == [
        (session_id, {"command": "fault", "fault": {"name": "no_answer"}}),
        (session_id, {"command": "fault", "fault": {"name": "mute"}}),
    ]


def test_a_failed_dispatch_costs_nothing(api: Desk) -> None:
    """
    No worker is sent, the session ends DISPATCH_FAILED, and the held minute comes back.
    """
    order(api, "dispatch_failed")
    before = api.world.account.credits_left
    session_id, _ = api.started()

    api.wait(3)

    assert api.studio.jobs == {}
    assert api.session(session_id)["end_reason"] == "DISPATCH_FAILED"
    assert api.world.account.credits_left == before


def test_the_way_into_the_room_can_be_spoiled(api: Desk) -> None:
    """
    ``dead_media`` gives an address that answers nothing, ``bad_livekit_token`` a token nobody signed.
    """
    order(api, "dead_media", for_session=1)
    order(api, "bad_livekit_token", for_session=2)
    dead, bad, good = (
        api.data("POST", "/v1/sessions/start", key=False, headers=api.minted()[1]) for _ in range(3)
    )

    assert dead["livekit_url"] == "ws://127.0.0.1:2" != good["livekit_url"] == bad["livekit_url"]
    assert bad["livekit_client_token"].endswith("." + "A" * 43)
    assert jwt.decode(bad["livekit_client_token"], options={"verify_signature": False})["sub"] == "client"


@pytest.mark.parametrize(("fault", "ended"), [(None, "SERVER_ERROR"), ("leaves", None), ("no_avatar", None)])
def test_a_worker_that_dies_ends_its_session(api: Desk, fault: str | None, ended: str | None) -> None:
    """
    An avatar gone by accident is SERVER_ERROR; one gone by order leaves the session to its holder.
    """
    if fault is not None:
        order(api, fault)
    session_id, _ = api.started()
    assert api.http.portal is not None

    api.http.portal.call(api.conductor.gone, session_id)

    assert api.session(session_id)["end_reason"] == ended


def test_a_session_stopped_on_the_way_leaves_no_avatar(api: Desk) -> None:
    """
    An avatar whose session ended before it was sent out is called back once it is.
    """
    api.studio.slow = asyncio.Event()
    session_id, holder = api.started()
    api.call("POST", "/v1/sessions/stop", key=False, headers=holder)
    api.studio.closed.clear()
    assert api.http.portal is not None

    api.http.portal.call(api.studio.slow.set)
    api.http.portal.call(api.conductor.end_all, "SERVER_ERROR")

    assert session_id in api.studio.jobs
    assert session_id in api.studio.closed


def test_what_a_worker_reports_is_noted(api: Desk) -> None:
    """
    Bridge and transcript reach the session; reports of nonsense, and after the end, change nothing.
    """
    session_id, holder = api.started()
    assert api.http.portal is not None
    for event in (
        {"event": "bridge", "state": "connected"},
        {"event": "transcript", "role": "avatar", "text": "Hello!"},
        {"event": "transcript", "role": "ghost", "text": "Boo!"},
        {"event": "nonsense"},
        {},
    ):
        api.http.portal.call(api.conductor.event, session_id, event)
    api.call("POST", "/v1/sessions/stop", key=False, headers=holder)
    api.http.portal.call(api.conductor.event, session_id, {"event": "bridge", "state": "closed"})

    assert api.call("GET", "/_emulator/sessions").json()[0]["bridge"] == "connected"
    said = api.data("GET", f"/v1/sessions/{session_id}/transcript")["transcript_data"]
    assert [one["transcript"] for one in said] == ["Hello!"]


def test_why_the_model_does_not_talk_is_kept_and_logged(api: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """
    The admin view and the log name what the bridge met, without any key; what comes next replaces it.
    """
    key = "sk-a-key-that-nobody-may-read"
    api.secret(value=key)
    session_id, _ = api.started()
    caplog.set_level(logging.INFO)

    def bridged(state: str, detail: str) -> dict[str, object]:
        assert api.http.portal is not None
        event = {"event": "bridge", "state": state, "detail": detail}
        api.http.portal.call(api.conductor.event, session_id, event)
        found = api.call("GET", "/_emulator/sessions").json()[0]
        return {name: found[name] for name in ("bridge", "bridge_detail")}

    note = "the service takes no temperature; the model's own is used"
    assert bridged("connected", note) == {"bridge": "connected", "bridge_detail": note}
    refused = bridged("refused", f"the service\nanswered 401 to {key}")

    assert refused == {"bridge": "refused", "bridge_detail": "the service answered 401 to [secret]"}
    assert [said for said in caplog.messages if said.startswith("bridge.")] == [
        f"bridge.connected id={session_id} why={note}",
        f"bridge.refused id={session_id} why=the service answered 401 to [secret]",
    ]
    assert bridged("connected", "") == {"bridge": "connected", "bridge_detail": None}


def test_reset_gives_a_fresh_account(api: Desk) -> None:
    """
    Reset ends sessions, forgets objects, faults and calls, and restores credits and avatars.
    """
    api.started()
    api.context()
    order(api, "mute")

    api.call("POST", "/_emulator/reset")

    assert api.call("GET", "/_emulator/sessions").json() == []
    assert api.call("GET", "/_emulator/calls").json() == []
    assert api.call("GET", "/_emulator/faults").json() == {"faults": [], "held": []}
    assert api.call("GET", "/_emulator/account").json() == {"credits": "5000", "concurrency": 40}
    assert api.data("GET", "/v1/contexts")["count"] == 0


def test_a_network_fault_leads_its_user_by_a_detour(api: Desk) -> None:
    """
    Only the struck session's user joins elsewhere; its avatar keeps the direct way and is told nothing.
    """
    order(api, "poor_network", times=1)
    (struck, by_detour), (other, directly) = (address(api) for _ in range(2))

    assert by_detour != directly == api.studio.livekit_url
    assert [api.studio.jobs[each].livekit_url for each in (struck, other)] == [directly, directly]
    assert api.studio.jobs[struck].faults == []


def test_the_network_of_a_running_session_changes_on_a_detour_only(api: Desk) -> None:
    """
    A session whose user joined directly refuses a network fault, with what to do instead.
    """
    direct = address(api)[0]
    order(api, "poor_network", times=1)
    by_detour = address(api)[0]

    order(api, "media_blocked", session_id=by_detour)
    body = {"fault": {"name": "media_blocked"}, "session_id": direct}
    refused = api.call("POST", "/_emulator/faults", body, key=False)

    assert api.studio.networks[by_detour] == ["media_blocked"]
    assert refused.status_code == 400
    assert "before the session starts" in refused.text
    api.call("DELETE", "/_emulator/faults", key=False)
    assert api.studio.networks[by_detour] == []


def address(api: Desk) -> tuple[str, str]:
    """A started session, and where its user joins."""
    session_id, holder = api.minted()
    started = api.data("POST", "/v1/sessions/start", key=False, headers=holder)
    return session_id, started["livekit_url"]
