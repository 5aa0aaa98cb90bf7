"""LiveAvatar's API from here: can it be reached, is it LiveAvatar, what time is it there, is the key good."""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime

from liveavatar_ops.doctor.finding import Check, Finding, broken, ok, skipped, warning
from liveavatar_ops.doctor.net import HttpAnswer, Net, said
from liveavatar_ops.doctor.reach import Way, place_of
from pulumi_liveavatar.api.account import Account
from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.errors import BadCredentials, LiveAvatarError
from pulumi_liveavatar.settings import Settings, SettingsError, load_settings

GROUP = "LiveAvatar API"
PATH = "/v1/avatars/public?page=1&page_size=1"
"""Needs no key (LiveAvatar API facts §1.1), so that the way and the key are told apart."""

HTTP, CLOCK, KEY, CREDITS, SETTINGS = "API HTTP", "Clock", "API key", "Credits", "Settings"
WAY_OUT = "Way out"
SKEW_NOTED_S = 5.0
"""From here on our times cannot be laid beside LiveAvatar's logs."""
SKEW_BROKEN_S = 240.0
"""AWS refuses signatures that are 5 minutes off (Signature Version 4); a minute is kept in hand."""
LOW_CREDITS = Decimal(10)
"""Ten LITE minutes (LiveAvatar API facts §4)."""
CALL_S = 8.0

CLOCK_CURE = "Let the system set its clock: `sudo timedatectl set-ntp true` (in a container: on its host)"
NO_KEY = "Export LIVEAVATAR_API_KEY (from app.liveavatar.com/developers; a HeyGen key does not work)"


def find_settings(load: Callable[..., Settings] = load_settings) -> tuple[Settings | None, list[str]]:
    """
    The settings and what is wrong with them.

    A missing key does not keep us from looking at the rest: then the settings hold a stand-in, and the
    problem stands beside them.
    """
    try:
        return load(), []
    except SettingsError as problem:
        problems = problem.problems
    try:
        return load({"liveavatar:apiKey": "absent"}), problems
    except SettingsError:
        return None, problems


def checks(settings: Settings | None, problems: list[str], *, net: Net) -> list[Check]:
    """The checks of this group."""
    found = [Check(GROUP, (SETTINGS,), lambda: [check_settings(problems)])]
    place = place_of(settings.api_url if settings else "https://none")
    names = (*Way("API", place, net).names, HTTP, CLOCK, KEY, CREDITS)
    if settings is None:
        return [*found, _left_out((WAY_OUT, *names), "the settings above cannot be read")]
    way_out = check_way_out(WAY_OUT, settings.api_url, net=net)
    found.append(Check(GROUP, (WAY_OUT,), lambda: [way_out]))
    if way_out.fix:
        return [*found, _left_out(names, f"{WAY_OUT} failed")]
    keyless = any("LIVEAVATAR_API_KEY" in problem for problem in problems)
    return [*found, Check(GROUP, names, lambda: walk(settings, net=net, keyless=keyless), within_s=25.0)]


def _left_out(names: tuple[str, ...], why: str) -> Check:
    return Check(GROUP, names, lambda: [skipped(name, why) for name in names])


def check_way_out(name: str, url: str, *, net: Net) -> Finding:
    """Whether proxies and root certificates that the environment names can be used; sends nothing."""
    if place_of(url).is_here:
        return skipped(name, "the API is on this machine: proxies and root certificates have no part in it")
    if found := net.unusable():
        return broken(name, found.sentence, found.cure)
    proxy = net.proxy_for(url)
    return ok(name, f"by the proxy {proxy.address}" if proxy else "direct, no proxy is named for the API")


def check_settings(problems: list[str]) -> Finding:
    """Whether every setting can be read, all of them at once; values are never quoted."""
    if problems:
        only_the_key = len(problems) == 1 and problems[0].startswith("LIVEAVATAR_API_KEY")
        cure = NO_KEY if only_the_key else "Correct in the environment what the line names"
        return broken(SETTINGS, "; ".join(problems), cure)
    return ok(SETTINGS, "all can be read")


def walk(
    settings: Settings,
    *,
    net: Net,
    keyless: bool = False,
    now: Callable[[], float] = time.time,
    credits_of: Callable[[Settings], Decimal] | None = None,
) -> Iterator[Finding]:
    """Everything between here and the account's credits, in the order in which it can fail."""
    place = place_of(settings.api_url)
    proxy = None if place.is_here or not place.tls else net.proxy_for(settings.api_url)
    way = Way("API", place, net, proxy, own_roots=True, knob="LIVEAVATAR_API_URL")
    yield from way.walk()
    if way.line is None:
        yield from (skipped(name, "the API cannot be reached") for name in (HTTP, CLOCK, KEY, CREDITS))
        return
    asked_at = now()
    try:
        answer: HttpAnswer | None = net.ask(way.line, place.address.host, PATH)
        why = ""
    except (OSError, http.client.HTTPException) as error:
        answer, why = None, said(error) if isinstance(error, OSError) else type(error).__name__
    finally:
        way.close()
    http_finding = check_http(HTTP, answer, why, url=settings.api_url)
    yield http_finding
    yield check_clock(CLOCK, answer, ours=(asked_at + now()) / 2)
    if answer is None or http_finding.fix:
        yield from (skipped(name, f"{HTTP} failed") for name in (KEY, CREDITS))
    elif keyless:
        yield broken(KEY, "none is set", NO_KEY)
        yield skipped(CREDITS, "there is no key")
    else:
        yield from check_account(settings, credits_of or ask_credits)


def check_http(name: str, answer: HttpAnswer | None, why: str, *, url: str) -> Finding:
    """Whether LiveAvatar speaks there, and not a proxy's page or another service."""
    if answer is None:
        return broken(
            name, f"no HTTP answer ({why})", "Check for a proxy or firewall that closes the connection"
        )
    if answer.status == 429:
        return ok(name, "LiveAvatar answers (and says: too fast)")
    if answer.status >= 500:
        return broken(
            name,
            f"answered {answer.status}",
            "Wait and try again; if it stays, look at LiveAvatar's status page",
        )
    if answer.status != 200 or not _is_envelope(answer.body):
        return broken(
            name,
            f"something answers with {answer.status} that is not LiveAvatar",
            f"Correct LIVEAVATAR_API_URL (now {url}), or let the proxy pass requests to it unchanged",
        )
    return ok(name, "LiveAvatar answers")


def _is_envelope(body: bytes) -> bool:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        # A long answer is read in part; its beginning is enough to know it by.
        return body.lstrip()[:1] == b"{" and b'"code"' in body
    return isinstance(found, dict) and "code" in found


def check_clock(name: str, answer: HttpAnswer | None, *, ours: float) -> Finding:
    """
    Our clock against the server's `Date`, which has whole seconds: half a second is added to it.

    `ours` is the middle between asking and hearing, in seconds since 1970.
    """
    date = answer.headers.get("date", "") if answer else ""
    try:
        theirs = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return skipped(name, "the server told no time")
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    skew = ours - (theirs.timestamp() + 0.5)
    if abs(skew) <= SKEW_NOTED_S:
        return ok(name, "agrees with the server's")
    words = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the server's"
    told = f"{words} ({datetime.fromtimestamp(ours, UTC):%Y-%m-%d %H:%M} UTC here)"
    if abs(skew) < SKEW_BROKEN_S:
        return warning(name, told, CLOCK_CURE)
    return broken(name, f"{told}; AWS refuses requests", CLOCK_CURE)


def check_account(settings: Settings, credits_of: Callable[[Settings], Decimal]) -> Iterator[Finding]:
    """Whether the key is taken, and what is left."""
    try:
        left = credits_of(settings)
    except BadCredentials as why:
        yield broken(KEY, f"LiveAvatar does not accept it ({why.status})", NO_KEY)
        yield skipped(CREDITS, "the key is not accepted")
        return
    except LiveAvatarError as why:
        yield broken(KEY, f"could not be tried: {why.why or why.what}", why.next_step)
        yield skipped(CREDITS, "the key could not be tried")
        return
    yield ok(KEY, "accepted")
    yield check_credits(CREDITS, left)


def check_credits(name: str, left: Decimal) -> Finding:
    """A session needs one minute's worth to start (LiveAvatar API facts §4)."""
    cure = "Add credits in the LiveAvatar dashboard, or check with is_sandbox: true, which costs nothing"
    if left < 1:
        return broken(name, f"{left} left: no session outside the sandbox can start", cure)
    if left < LOW_CREDITS:
        return warning(name, f"{left} left, about {int(left)} LITE minutes", cure)
    return ok(name, f"{left} left")


def ask_credits(settings: Settings) -> Decimal:
    """One call, not repeated: what is looked at is not smoothed over."""
    update = {"max_attempts": 1, "timeout_s": min(CALL_S, settings.timeout_s), "give_up_after_s": CALL_S}
    with LiveAvatarClient(settings.model_copy(update=update)) as client:
        return Account(client).credits()
