"""
Stands for `health check` in the watcher's tests: writes when it begins and ends, prints a result document.

`fake_check.py LOG CONTROL TARGET FOLDER`: LOG gets one JSON line at each end of a check, CONTROL is a JSON
file {"verdict", "cause", "lasts_s"} that the test may change while watchers run. With "lasts_until" it goes
on until there is a file of that name.
"""

import json
import os
import signal
import struct
import sys
import time
import zlib
from pathlib import Path
from types import FrameType
from typing import Any


def main(log: Path, control: Path, target: str, folder: Path) -> int:
    token = int(folder.name.rpartition("-")[2])
    wish = json.loads(control.read_text())

    def note(event: str, **more: Any) -> None:
        line = json.dumps({"event": event, "target": target, "token": token, "pid": os.getpid(), **more})
        with log.open("a") as file:
            file.write(line + "\n")

    def stopped(number: int, _: FrameType | None) -> None:
        note("end", how="stopped")
        os._exit(128 + number)

    signal.signal(signal.SIGTERM, stopped)
    note("start")
    until, word = time.monotonic() + wish.get("lasts_s", 0.1), wish.get("lasts_until")
    while time.monotonic() < until or (word and not Path(word).exists()):
        time.sleep(0.02)
    if wish.get("killed_by"):
        note("end", how="killed")
        os.kill(os.getpid(), wish["killed_by"])
    if wish.get("says"):
        sys.stderr.write(wish["says"] + "\n")
        note("end", how="no result")
        return int(wish.get("code", 1))
    folder.mkdir(parents=True)
    sheet = folder / "contact-sheet.png"
    sheet.write_bytes(png())
    (folder / "report.html").write_text(f"<!doctype html>\n<title>check {token}</title>\n")
    found = result(wish.get("verdict", "healthy"), wish.get("cause", "none"), folder, sheet)
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    note("end", how="done")
    return 0


def result(verdict: str, cause: str, folder: Path, sheet: Path) -> dict[str, Any]:
    """A document as the real command prints it."""
    reason = {"cause": cause, "severity": "fails", "sentence": f"The picture is <{cause}>."}
    return {
        "schema": "liveavatar-ops.health.result/1",
        "target": {"name": "x", "depth": "video"},
        "judgement": {
            "verdict": verdict, "cause": cause, "reasons": [] if verdict == "healthy" else [reason],
            "next_step": "Look at the sheet." if verdict != "healthy" else "",
        },
        "facts": {
            "video": {"frames": 250, "first_frame_s": 1.9, "fps_eff": 24.8, "longest_gap_s": 0.09},
            "room": {"connect_started_s": 0.4},
            "credits": {"estimate": "1"},
        },
        "evidence": {
            "folder": str(folder), "contact_sheet": str(sheet), "report": str(folder / "report.html"),
        },
        "credits": {"estimate": "1"},
    }  # fmt: skip


def png(width: int = 4, height: int = 3) -> bytes:
    """The smallest picture that is one."""
    rows = b"".join(b"\0" + b"\x40\x80\xc0" * width for _ in range(height))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])))
