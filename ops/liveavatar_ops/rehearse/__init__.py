"""Rehearse the alarms: every fault the emulator can play, and what the check says to it."""
