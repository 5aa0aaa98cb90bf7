"""Where the health job keeps what must outlive a check; the only reader of its own environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from liveavatar_ops.health.ledger import LedgerError
from liveavatar_ops.health.places import why_of
from pulumi_liveavatar.text import clean


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
        """
        The directory of the ledger, absolute; made by whoever writes there first.

        Raises LedgerError where no place can be meant.
        """
        if self.state is not None:
            return _absolute(self.state)
        return _absolute(self.xdg_state_home or Path("~/.local/state")) / "liveavatar-ops"

    @property
    def ledger_path(self) -> Path:
        """The SQLite file with every probe session that was ever begun from here; raises as above."""
        return self.state_dir / "ledger.sqlite3"


def _absolute(written: Path) -> Path:
    try:
        place = written.expanduser().absolute()
        str(place).encode()
    except RuntimeError:
        why = f"{written.parts[0]} is no home directory that this machine knows"
    except UnicodeEncodeError:
        why = f"{clean(str(written))} is not UTF-8"
    except OSError as gone:  # the working directory, where it was written relative to that
        why = f"{written}: {why_of(gone)}"
    else:
        return place
    raise LedgerError(f"The folder of the ledger is not known: {why}. Set LIVEAVATAR_OPS_STATE to a folder.")
