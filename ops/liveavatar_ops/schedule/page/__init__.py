"""The local status page: server-rendered, no script, nothing from elsewhere, only GET, this machine only."""
