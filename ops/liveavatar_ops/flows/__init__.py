"""
Checks past one machine: a Prefect 3 flow around `liveavatar-ops health check`.

Runs in an environment of its own (deploy/prefect/requirements.txt) and calls the check as a program, whose
environment may be another: Prefect's pins and ours need not agree. Only health.py imports Prefect, nothing
here imports the rest of this package.
"""
