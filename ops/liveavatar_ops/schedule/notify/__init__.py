"""Tells people, but only when a state has changed: one message, laid in the outbox with the change itself."""
