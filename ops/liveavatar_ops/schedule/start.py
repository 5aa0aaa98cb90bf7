"""Puts a watcher together from flags, file and environment, and runs it until it is told to stop."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console

from liveavatar_ops.health.ledger import LedgerError
from liveavatar_ops.health.owner import this_process
from liveavatar_ops.health.places import file_problem, folder_problem, is_there, where_and_why
from liveavatar_ops.health.settings import OpsSettings
from liveavatar_ops.health.stack import Config, stack_config, stack_outputs
from liveavatar_ops.schedule import settings as environment
from liveavatar_ops.schedule import store
from liveavatar_ops.schedule.account import SettingsError, StackError, asker, kept, settings_for
from liveavatar_ops.schedule.child import Command, health_check
from liveavatar_ops.schedule.chores import Chores
from liveavatar_ops.schedule.config import WatchConfig
from liveavatar_ops.schedule.config_file import WatchConfigError
from liveavatar_ops.schedule.database import Database, StoreError
from liveavatar_ops.schedule.dry_run import show
from liveavatar_ops.schedule.elsewhere import Elsewhere
from liveavatar_ops.schedule.forecast import forecast
from liveavatar_ops.schedule.keeper import Keeper
from liveavatar_ops.schedule.lease import Leases
from liveavatar_ops.schedule.log import Log
from liveavatar_ops.schedule.notify.send import Outbox
from liveavatar_ops.schedule.otlp import NoOpenTelemetry, Otlp, start_otlp
from liveavatar_ops.schedule.pace import Pace
from liveavatar_ops.schedule.page.opening import Page, PortTaken
from liveavatar_ops.schedule.page.server import StatusServer
from liveavatar_ops.schedule.renewal import Renewal
from liveavatar_ops.schedule.rounds import Rounds
from liveavatar_ops.schedule.snapshot import Camera
from liveavatar_ops.schedule.states import TargetState
from liveavatar_ops.schedule.sweeping import JANITOR, Sweeper
from liveavatar_ops.schedule.targets import NothingToWatch, Outputs, WatchTarget, resolve
from liveavatar_ops.schedule.watcher import Watcher
from liveavatar_ops.schedule.wishes import Wishes, config_of
from liveavatar_ops.signals import heeded
from liveavatar_ops.streams import is_of_output, say_aside
from pulumi_liveavatar.settings import Settings
from pulumi_liveavatar.text import few

UNUSABLE, USAGE = 1, 2
DATABASE = "watch.sqlite3"
LOOKS_WITHIN_S = 60.0  # /healthz: a watcher that has not looked for this long is not alive


@dataclass(frozen=True)
class Seams:
    """What tests put in place of the world."""

    command: Command = health_check
    outputs: Outputs = stack_outputs
    config: Config = stack_config
    janitor: Sequence[str] = JANITOR
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True)
class Ready:
    """Everything that was found to be in order before anything is started."""

    config: WatchConfig
    targets: list[WatchTarget]
    settings: Settings
    urls: dict[str, SecretStr]
    state_dir: Path
    as_json: bool


def run_watch(wishes: Wishes, seams: Seams | None = None) -> int:
    """Watch (or print the plan) and return the exit code. Problems go to stderr, one line each."""
    seams = seams or Seams()
    try:
        config = config_of(wishes)
        if wishes.dry_run:
            targets, _ = _in_order(config, seams.outputs)
            now = time.time()
            show(config, targets, forecast(config, targets, now, _remembered()), Console(soft_wrap=True))
            return 0
        ready = _ready(config, seams, as_json=wishes.as_json)
        return asyncio.run(_run(ready, seams))
    except WatchConfigError as wrong:
        _complain(wrong.problems)
        return USAGE
    except (LedgerError, SettingsError, StackError, NoOpenTelemetry, PortTaken) as wrong:
        _complain([str(wrong)])
        return USAGE
    except StoreError as why:
        _complain([str(why)])
        return UNUSABLE
    except OSError as why:
        if is_of_output(why):
            raise
        _complain([f"No watcher can run on this machine: {where_and_why(why)}."])
        return UNUSABLE


def _remembered() -> dict[str, TargetState]:
    """States of an earlier watcher, where there was one; a dry run makes no file."""
    folder = OpsSettings().state_dir
    if wrong := folder_problem(folder):
        raise StoreError(f"LIVEAVATAR_OPS_STATE: {wrong}")
    path = folder / DATABASE
    if not path.exists():
        return {}
    with Database(path).reading() as db:
        return {name: known.state for name, known in store.all_known(db).items()}


def _in_order(config: WatchConfig, outputs: Outputs) -> tuple[list[WatchTarget], dict[str, SecretStr]]:
    """
    Targets and addresses; WatchConfigError with everything that a watcher would stumble over.

    A dry run asks the same, all but the API key: a plan can be made where no key is.
    """
    urls: dict[str, SecretStr] = {}
    problems: list[str] = []
    for i, channel in enumerate(config.notify):
        found, wrong = environment.webhook_urls([channel])
        urls |= found
        problems += [f"{config.origin.at('notify', i, 'url_env')}{problem}" for problem in wrong]
    evidence, textfile = config.evidence.directory, config.textfile
    if wrong_place := folder_problem(evidence):
        problems.append(f"{config.origin.key('evidence', 'directory', flag='--evidence')}: {wrong_place}")
    if textfile is not None and (wrong_place := _textfile_problem(textfile)):
        problems.append(f"{config.origin.key('textfile')}: {wrong_place}")
    try:
        targets = resolve(config, outputs=outputs)
    except NothingToWatch as nothing:
        raise WatchConfigError([*nothing.problems, *problems]) from None
    if problems:
        raise WatchConfigError(problems)
    return targets, urls


def _textfile_problem(textfile: Path) -> str | None:
    """Its folder is the collector's: one that we made ourselves would be read by nobody."""
    if not is_there(textfile.parent):
        return f"{textfile.parent} is not there; make it, or name the folder that node_exporter reads"
    return file_problem(textfile)


def _ready(config: WatchConfig, seams: Seams, *, as_json: bool) -> Ready:
    """Everything that is needed, or one error with everything that is missing."""
    problems: list[str] = []
    targets: list[WatchTarget] = []
    urls: dict[str, SecretStr] = {}
    settings: Settings | None = None
    try:
        targets, urls = _in_order(config, seams.outputs)
    except WatchConfigError as wrong:
        problems += wrong.problems
    try:
        if targets or not any(target.stack for target in config.targets):  # a stack may hold the key
            settings = settings_for(targets, seams.config)
    except (SettingsError, StackError) as missing:
        problems.append(str(missing))
    if problems or settings is None:
        raise WatchConfigError(problems)
    return Ready(config, targets, settings, urls, OpsSettings().state_dir, as_json)


async def _run(ready: Ready, seams: Seams) -> int:
    config, log = ready.config, Log(as_json=ready.as_json)
    database = Database(ready.state_dir / DATABASE)
    database.prepare()
    leases = Leases(this_process(), ttl_s=config.lease)
    elsewhere = Elsewhere(
        OpsSettings().ledger_path, database, api_url=ready.settings.api_url, active=asker(ready.settings)
    )
    rounds = Rounds(
        database, leases, config, ready.targets, now=time.time, rng=random.Random(),  # noqa: S311 (a jitter, not a secret)
        foreign=kept(elsewhere.foreign_sessions, seams.pace.customers_s), elsewhere=elsewhere.credits_since,
        on_change=lambda target, was, now: log.say("target.changed", target=target, was=was, state=now),
        on_used_up=lambda spent, at: log.used_up(spent, at, config.budget.credits_a_day, config.time_zone),
    )  # fmt: skip
    camera = Camera(
        database, leases, config, ready.targets, now=time.time, elsewhere=elsewhere.credits_since,
        lines_lost=log.lost,
    )  # fmt: skip
    outbox = Outbox(
        database, ready.urls, now=time.time, log=log, page_url=config.serve.page_url,
        evidence=config.evidence.directory,
        showing={environment.channel_name(channel) for channel in config.notify if channel.show_sheet},
    )  # fmt: skip
    sweep = Sweeper(seams.janitor, log, ready.settings)
    renewal = Renewal(config, ready.targets, outputs=seams.outputs, log=log, soonest_s=seams.pace.soonest_s)
    page = _page(config, camera, lambda: watcher.looked_ago() < LOOKS_WITHIN_S)
    chores = Chores(
        config, database, ready.targets, outbox=outbox, camera=camera, log=log, renew=renewal,
        open_page=page.keep_open if page else lambda: None,
    )  # fmt: skip
    watcher = Watcher(
        rounds,
        keeper=lambda lost: Keeper(database, leases, lost=lost, log=log),
        evidence=config.evidence.directory,
        log=log,
        command=seams.command,
        chores=chores,
        after_takeover=sweep,
        doubt=renewal.doubt,
        pace=seams.pace,
        secrets=_secrets(ready),
    )
    renewal.tell(rounds.watch, camera.watch, chores.watch, busy=watcher.busy, not_read=camera.not_read)
    for number in heeded():
        asyncio.get_running_loop().add_signal_handler(number, watcher.stop)
    otlp = _otlp(config, camera, log)
    if page:
        page.open()
    try:
        asyncio.get_running_loop().run_in_executor(None, sweep)  # beside the watch: it may take minutes
        log.say("watcher.started", targets=len(ready.targets), page=page.url if page else None)
        await watcher.run()
    finally:
        sweep.end()
        if page:
            page.stop()
        if otlp:
            await asyncio.to_thread(otlp.close)
        database.close()
    log.say("watcher.stopped")
    return 0


def _page(config: WatchConfig, camera: Camera, alive: Callable[[], bool]) -> Page | None:
    if not config.serve.enabled:
        return None
    port, page_url = config.serve.port, config.serve.page_url
    return Page(
        lambda: StatusServer(camera, config.evidence.directory, port=port, page_url=page_url, alive=alive),
        port=port,
    )


def _otlp(config: WatchConfig, camera: Camera, log: Log) -> Otlp | None:
    """By `otlp: true` it must work; by the environment alone its absence is a line."""
    if not (config.otlp or environment.otlp_asked_for()):
        return None
    try:
        return start_otlp(camera.snapshot, protocol=environment.otlp_protocol())
    except NoOpenTelemetry as missing:
        if config.otlp:
            raise
        log.say("watcher.no_otlp", why=str(missing))
        return None


def _secrets(ready: Ready) -> tuple[str, ...]:
    key = ready.settings.api_key.get_secret_value()
    return tuple(dict.fromkeys((key, *environment.known_secrets(ready.urls))))


def _complain(problems: Sequence[str]) -> None:
    for problem in few(problems):
        say_aside(f"liveavatar-ops: {problem}")
