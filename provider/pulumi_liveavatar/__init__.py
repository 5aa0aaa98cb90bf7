"""
LiveAvatar as Pulumi resources: secrets, contexts and session templates, and the API client below them.

Import the kinds from their own modules (`pulumi_liveavatar.context`, `.secret`, `.session_template`):
the state of every stack names those modules, so they are never renamed, and a program that only talks to
the API (`pulumi_liveavatar.api`) does not pay for loading Pulumi.
"""
