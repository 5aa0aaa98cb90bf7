"""The figures page, from what the benchmarks kept: one row a question. Pure, but for reading the results."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent.parent / "bench" / "results"
Row = tuple[str, str, str, str]
TITLES = ("question", "measured", "goal", "how, and when")


def rows() -> list[Row]:
    """One row for each kept result."""
    return [
        _first_frame(),
        *_chromium(),
        *_at_once(),
        _table("fault_table", "Is each fault named by the right verdict and cause?", "10 of 10"),
        _table("fault_table_busy", "With every core busy, is any called wrongly?", "none wrong"),
        _healthy("healthy_runs", "Is a living avatar ever called sick?", "none"),
        _healthy("healthy_runs_busy", "The same with every core busy?", "none; not judged is allowed"),
        _killed(),
        _watchers(),
        _meter(),
        _contexts(),
    ]


def _kept(name: str) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return kept


def _how(kept: dict[str, Any], command: str) -> str:
    """`command` is for results that are older than the record of how they were made."""
    load = kept.get("load_average_before")
    before = f", load before {load[0]:.1f}" if load else ""
    runs = kept.get("measured_by") or [{"command": f"python -m bench.{command}"}]
    commands = ", ".join(f"`{run['command']}`" for run in runs)
    commit = f" at `{runs[-1]['commit']}`" if "commit" in runs[-1] else ""
    return f"{commands}{commit}, {kept['measured_at'][:10]}{before}"


def _first_frame() -> Row:
    kept = _kept("first_frame")
    ratio = kept["ratios_of_medians"]["check_to_bare, first_frame_s"]
    check, bare = (kept["sides"][side]["first_frame_s"]["median"] for side in ("check", "bare"))
    said = (
        f"**{ratio:.2f}** ({check * 1000:.0f} ms against {bare * 1000:.0f} ms, medians of {kept['rounds']})"
    )
    if within := kept.get("intervals_of_95_percent"):
        low, high = within["check_to_bare, first_frame_s"]
        after = kept["ratios_of_medians"]["check_to_bare, connected_to_frame_s"]
        said += f", 95 % within {low:.2f} to {high:.2f}; from being in the room on {after:.2f}"
    asked = "How late does a check see the first picture, against a bare LiveKit client?"
    return asked, said, f"at most {kept['goal']}", _how(kept, f"first_frame --rounds {kept['rounds']}")


def _chromium() -> list[Row]:
    kept = _kept("chromium")
    goals, how = (
        kept["goals"],
        _how(kept, f"chromium --rounds {kept['rounds']} --seconds {kept['seconds']:g}"),
    )
    names = {
        "same": "does the same: judges each picture in full size, and the sound",
        "judges_all": "judges each picture at a quarter of its height",
        "judges": "judges five pictures a second, small",
        "plays": "only plays",
    }
    return [
        (
            f"What does a check cost against Chromium that {what}?",
            _cost(kept["medians"]["check"], kept["medians"][side], kept["share_of_the_check"][side]),
            f"CPU {goals['cpu']:.2f}, memory {goals['memory']:.2f}" if side == "same" else "",
            how,
        )
        for side, what in names.items()
        if side in kept["share_of_the_check"]
    ]


def _cost(check: dict[str, float], page: dict[str, float], share: dict[str, float]) -> str:
    seconds = f"({check['cpu_whole_s']:.2f} s against {page['cpu_whole_s']:.2f} s)"
    sizes = f"({check['memory_own_mib']:.0f} MiB against {page['memory_own_mib']:.0f} MiB)"
    cpu = f"CPU **{share['cpu_whole_s']:.2f}** {seconds}, while watching {share['cpu_watch_s']:.2f}"
    return f"{cpu}; memory **{share['memory_own_mib']:.2f}** {sizes}"


def _at_once() -> list[Row]:
    kept = _kept("checks_at_once")
    asked = {
        "one avatar": "that watch one avatar",
        "one frozen avatar": "that watch one avatar whose picture stands",
        "own avatars": "each with an avatar on the same cores",
    }
    return [
        (
            f"How many checks run at once at 480p, {asked[side]}?",
            f"none wrong up to **{seen['none_wrong_up_to']}**, all sure up to {seen['all_sure_up_to']}",
            f"{kept['goal']}",
            _how(kept, "checks_at_once"),
        )
        for side, seen in kept["results"].items()
    ]


def _table(name: str, asked: str, goal: str) -> Row:
    kept = _kept(name)
    found = Counter(one["standing"] for one in kept["raw"])
    of_row = Counter(one["row"] for one in kept["raw"])
    wrong = Counter(one["row"] for one in kept["raw"] if one["standing"] == "wrong")
    right = Counter(one["row"] for one in kept["raw"] if one["standing"] == "right")
    whole = sum(right[row] == of_row[row] for row in of_row)
    said = (
        f"{len(kept['raw'])} rehearsals of {len(of_row)} rows: {found['right']} right, "
        f"{found['not_judged']} not judged, **{found['wrong']} wrong**"
        + (f" ({', '.join(sorted(wrong))})" if wrong else "")
        + f"; {whole} rows right each time; {kept['left_open']} sessions left open"
    )
    flags = " --busy" if "busy" in name else ""
    return asked, said, goal, _how(kept, f"fault_table --runs 10 --at-once 2{flags}")


def _healthy(name: str, asked: str, goal: str) -> Row:
    kept = _kept(name)
    verdicts = Counter(one["seen"]["verdict"] for one in kept["raw"])
    each = ", ".join(f"{number} {verdict}" for verdict, number in verdicts.most_common())
    said = f"of {len(kept['raw'])}: {each}; **{verdicts['unhealthy']} false alarms**"
    flags = " --busy" if "busy" in name else ""
    return asked, said, goal, _how(kept, f"healthy_runs --runs 200 --at-once 2 --seed {kept['seed']}{flags}")


def _killed() -> Row:
    kept = _kept("killed_checks")
    said = (
        f"{kept['runs']} checks killed by SIGKILL: {kept['started']} had begun a session, "
        f"{kept['closed_by_janitor']} were closed by the janitor; **{kept['open_sessions']} open**, "
        f"{kept['started_twice']} started twice, {kept['unaccounted']} missing in the ledger"
    )
    return "Does a killed check leave anything behind?", said, "nothing", _how(kept, "killed_checks")


def _watchers() -> Row:
    kept = _kept("two_watchers")
    said = (
        f"{kept['minutes']:g} minutes, {kept['checks']['done']} checks: **{len(kept['missed'])} missed, "
        f"{len(kept['doubled'])} doubled**; taken over after {kept['taken_over_after_s'][0]:.1f} s"
    )
    return (
        "Do two watchers on one ledger, one of them killed, miss or double a check?",
        said,
        "none missed, none doubled",
        _how(kept, "two_watchers"),
    )


def _meter() -> Row:
    kept = _kept("frame_meter")
    one = kept["720p"]
    each = f"{one['meter_ms']:.2f} ms, with the mouth {one['with_mouth_ms']:.2f} ms"
    said = f"**{one['core']:.1%}** of a core at 25 pictures a second ({each})"
    return "What does judging every picture at 720p cost?", said, "10 % of a core", _how(kept, "frame_meter")


def _contexts() -> Row:
    kept = _kept("contexts")
    each = ", ".join(
        f"{step.replace('_', ' ')} {ratio}" for step, ratio in kept["ratio_ours_to_empty"].items()
    )
    asked = f"What do {kept['resources']} contexts cost against as many resources that do nothing?"
    return asked, f"times as long: {each}", "", _how(kept, "contexts")
