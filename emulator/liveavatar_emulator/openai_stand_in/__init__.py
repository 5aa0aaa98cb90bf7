"""
Stands in for OpenAI on this machine: the Realtime protocol's events, a check of the key, spoken answers.

It knows nothing of avatars. Whatever client of the protocol is pointed at it can hold a conversation: it
hears when somebody speaks, answers with a short sentence drawn from its instructions, and can be
interrupted.
"""

from liveavatar_emulator.openai_stand_in.app import create_app

__all__ = ["create_app"]
