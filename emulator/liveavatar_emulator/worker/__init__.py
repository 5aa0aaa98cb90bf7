"""
One avatar of one session: draws it, gives it a voice, and takes it into the LiveKit room.

Started as `python -m liveavatar_emulator.worker`; told what to do by JSON lines on stdin (see `job`), tells
what happened by JSON lines on stdout. Nothing here knows of HTTP, sessions' rules or billing: that is the
control plane's.
"""
