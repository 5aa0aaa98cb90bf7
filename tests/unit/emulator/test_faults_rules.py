"""Which fault strikes when, and what a mistaken one is told."""

import warnings

import pytest
from pydantic import ValidationError

from liveavatar_emulator.fault_table import KINDS
from liveavatar_emulator.faults import BadFault, FaultBook, Rule, parse


def rule(**given: object) -> Rule:
    """A rule from plain values."""
    return Rule.model_validate(given)


def test_a_call_fault_strikes_what_it_names() -> None:
    """
    Method and path choose the calls; the path is searched for a regular expression.
    """
    book = FaultBook([rule(fault={"name": "reset"}, method="post", path="^/v1/contexts$")])

    struck = [
        book.for_call(*call) is not None
        for call in [("POST", "/v1/contexts"), ("GET", "/v1/contexts"), ("POST", "/v1/contexts/x")]
    ]

    assert struck == [True, False, False]


def test_an_unusual_path_is_taken_without_a_word() -> None:
    """
    Python warns of what may mean something else one day; nobody who starts an emulator can use that.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        book = FaultBook([rule(fault={"name": "reset"}, path="[[a]$")])

    assert book.for_call("GET", "/v1/a") is not None


def test_a_fault_strikes_as_often_as_told() -> None:
    """
    First ``after_calls`` go through, then ``times`` are struck, then it is over.
    """
    book = FaultBook([rule(fault={"name": "reset"}, after_calls=2, times=3)])

    struck = [book.for_call("GET", "/v1/secrets") is not None for _ in range(7)]

    assert struck == [False, False, True, True, True, False, False]
    assert book.rules() == []


def test_the_nth_session_is_struck_and_no_other() -> None:
    """
    ``for_session`` counts starts from the moment the rule came into force.
    """
    book = FaultBook([rule(fault={"name": "frozen"}, for_session=2)])

    struck = [[fault.name for fault in book.for_start(f"session-{n}")] for n in range(4)]

    assert struck == [[], ["frozen"], [], []]


def test_a_session_named_is_the_one_struck() -> None:
    """
    With ``session_id`` nobody else is touched; several faults may strike one session.
    """
    book = FaultBook(
        [
            rule(fault={"name": "mute"}, session_id="mine"),
            rule(fault={"name": "low_fps", "fps": 3}, times=1),
        ]
    )

    assert [one.name for one in book.for_start("mine")] == ["mute", "low_fps"]
    assert book.for_start("other") == []


def test_parameters_left_out_have_their_defaults() -> None:
    """
    A worker gets every parameter of a fault, and the times only if they were given.
    """
    assert rule(fault={"name": "small"}).fault.model_dump() == {"name": "small", "width": 320, "height": 180}
    frozen = rule(fault={"name": "still_mouth", "for_s": 2}).fault.model_dump()
    assert frozen == {"name": "still_mouth", "for_s": 2.0}


def test_the_flag_reads_parameters_and_conditions() -> None:
    """
    NAME:key=value,… mixes the fault's own parameters and the rule's conditions.
    """
    read = parse("rate_limit:retry_after_s=3,method=POST,path=^/v1/secrets,times=2")

    assert read.fault.model_dump() == {"name": "rate_limit", "retry_after_s": 3}
    assert (read.method, read.path, read.times) == ("POST", "^/v1/secrets", 2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("frosen", "no fault is called 'frosen'"),
        ("frozen:after=3", "fault frozen does not take after; it takes after_s, for_s"),
        ("slow:delay_s=long", "delay_s should be a number, not 'long'"),
        ("slow:2", "'2' should read key=value"),
        ("early_end:reason=BORED", "no end reason is called 'BORED'"),
    ],
)
def test_a_mistaken_flag_is_told_what_would_be_right(text: str, says: str) -> None:
    """
    One sentence names the mistake and the way out.
    """
    with pytest.raises(BadFault, match=says):
        parse(text)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"fault": {"name": "frozen"}, "on": "call"}, "acts on a session, not on a call"),
        ({"fault": {"name": "reset"}, "path": "("}, "path is no regular expression"),
        ({"fault": {"name": "reset"}, "path": "a{99999999999999}"}, "path is no regular expression"),
        ({"fault": {"name": "reset"}, "path": "(" * 2000}, "it is nested too deeply"),
        ({"fault": {"name": "frozen", 1: 2, None: 3, "x": 4}}, "does not take 1, None, x"),
        ({"fault": {"name": None}}, "a fault is an object with a name"),
        ({"fault": {"name": "rate_limit", "retry_after_s": 10**400}}, "should be 0 or more"),
        ({"fault": {"name": "reset"}, "times": 0}, "greater than or equal to 1"),
        ({"fault": {"name": "reset"}, "time": 1}, "Extra inputs"),
        ({"fault": "reset"}, "a fault is an object with a name"),
    ],
)
def test_a_mistaken_rule_is_refused(given: dict[str, object], says: str) -> None:
    """
    The admin API's validation names what does not fit.
    """
    with pytest.raises(ValidationError, match=says):
        Rule.model_validate(given)


def test_the_table_covers_what_the_workers_play() -> None:
    """
    Every fault the avatar worker knows can be ordered, and none that it does not know is sent to it.
    """
    from liveavatar_emulator.worker.faults import NAMES

    assert {name for name, kind in KINDS.items() if kind.by_worker} == NAMES
