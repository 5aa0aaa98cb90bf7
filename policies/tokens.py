"""Type tokens of the kinds that rules are about; they are part of every stack's state."""

SECRET = "pulumi-python:dynamic/liveavatar:Secret"  # noqa: S105 (a type, not a password)
CONTEXT = "pulumi-python:dynamic/liveavatar:Context"
SESSION_TEMPLATE = "pulumi-python:dynamic/liveavatar:SessionTemplate"

NAMED = (SECRET, CONTEXT, SESSION_TEMPLATE)
"""Kinds whose `name` goes to LiveAvatar, or stands for something that does."""
