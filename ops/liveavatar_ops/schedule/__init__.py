"""
Checks again and again, and says so when something changed: `liveavatar-ops health watch`.

    config ─► targets ─► rounds (plan, states, cost: pure) ─► child ─► result ─► store
                           └── lease: two watchers never check the      page, metrics, notify ◄──┘
                                      same thing at once

Each check is a process of its own, started by `child`; everything remembered is in one SQLite file.
"""
