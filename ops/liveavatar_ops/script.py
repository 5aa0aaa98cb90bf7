"""The `liveavatar-ops` script. It is small so that a Ctrl-C finds nothing but what `main` meets."""

from liveavatar_ops.signals import ended_at_once


def main() -> None:
    """Load the command, then run it."""
    with ended_at_once():
        from liveavatar_ops import cli  # noqa: PLC0415 -- as said above
    cli.main()
