"""LiveAvatar's HTTP API: one file an endpoint group, one client, one error tree."""
