"""Where the health job keeps what must outlive a check; the only reader of its own environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class OpsSettings(BaseSettings):
    """`LIVEAVATAR_OPS_STATE`, else the place that the desktop standard gives (`XDG_STATE_HOME`)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    state: Path | None = Field(
        default=None,
        validation_alias="LIVEAVATAR_OPS_STATE",
        description="the folder of the ledger of probe sessions and of the watcher's memory",
    )
    xdg_state_home: Path | None = Field(
        default=None,
        validation_alias="XDG_STATE_HOME",
        description="where the desktop standard keeps state; used where the one above is not set",
    )

    @property
    def state_dir(self) -> Path:
        """The directory of the ledger, absolute; made by whoever writes there first."""
        if self.state is not None:
            return self.state.expanduser().absolute()
        home = self.xdg_state_home or Path("~/.local/state")
        return home.expanduser().absolute() / "liveavatar-ops"

    @property
    def ledger_path(self) -> Path:
        """The SQLite file with every probe session that was ever begun from here."""
        return self.state_dir / "ledger.sqlite3"
