"""Runs the command as ``python -m liveavatar_emulator``."""

from liveavatar_emulator.cli import main

main()
