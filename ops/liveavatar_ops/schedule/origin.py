"""Where a configuration was written: file and line of each key, or the flag that stands for it."""

from collections.abc import Callable
from pathlib import Path

from pulumi_liveavatar.marked_yaml import Place
from pulumi_liveavatar.strict import path as written


class Origin:
    """
    Names places in complaints: `watch.yaml:7: notify[0].url_env`, or `--evidence` where flags were typed.

    Two configurations that say the same are equal wherever they were written.
    """

    def __init__(self, file: Path | None = None, line_of: Callable[[Place], int] = lambda _: 1) -> None:
        self._file, self._line_of = file, line_of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin)

    def __hash__(self) -> int:
        return hash(Origin)

    def at(self, *place: str | int) -> str:
        """`watch.yaml:7: `, empty for flags."""
        return f"{self._file}:{self._line_of(place)}: " if self._file else ""

    def key(self, *place: str | int, flag: str = "") -> str:
        """The place with its key."""
        return f"{self.at(*place)}{written(place)}" if self._file or not flag else flag
