"""Every shape of answer becomes data or one error of the tree."""

import json
from typing import Any

import pytest

from pulumi_liveavatar.api.answers import Answer, data_of, retry_after
from pulumi_liveavatar.api.errors import (
    BadCredentials,
    ConcurrencyLimit,
    Invalid,
    LiveAvatarError,
    NotThere,
    OutOfCredits,
    Refused,
    ServerFault,
    TooFast,
    Unreadable,
)


def answered(status: int, body: Any, **headers: str) -> Answer:
    return Answer(status, body if isinstance(body, str) else json.dumps(body), headers)


def error_of(status: int, body: Any, **headers: str) -> LiveAvatarError:
    with pytest.raises(LiveAvatarError) as raised:
        data_of("It did not work", answered(status, body, **headers), hide=["hidden-value-x"])
    return raised.value


@pytest.mark.parametrize(
    ("status", "text", "data"),
    [
        (200, '{"code": 1000, "data": {"id": "1"}, "message": null}', {"id": "1"}),
        (201, '{"code": 1000, "data": [], "message": "ok"}', []),
        (200, '{"code": 1000, "data": null}', None),
        (200, "", None),
        (204, "", None),
    ],
)
def test_code_1000_is_success(status: int, text: str, data: Any) -> None:
    """Also an empty answer to a delete."""
    assert data_of("x", Answer(status, text), hide=[]) == data


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"code": 400, "data": None, "message": "no"}, Invalid),
        (401, {"code": 401, "message": "no"}, BadCredentials),
        (403, {"code": 403, "message": "no"}, BadCredentials),
        (403, {"code": 4003, "message": "Session concurrency limit reached"}, ConcurrencyLimit),
        (402, {"code": 4033, "message": "not enough credits"}, OutOfCredits),
        (200, {"code": 4033, "message": "not enough credits"}, OutOfCredits),
        (200, {"code": 100, "data": {}, "message": "an old example"}, Refused),
        (404, {"code": 404, "message": "no"}, NotThere),
        (404, {"detail": "Context not found"}, NotThere),
        (405, {"detail": "Method Not Allowed"}, Refused),
        (409, {"code": 409, "message": "no"}, Invalid),
        (422, {"detail": [{"loc": ["body", "x"], "msg": "bad", "type": "t"}]}, Invalid),
        (429, {"code": 429, "message": "slow down"}, TooFast),
        (429, "slow down", TooFast),
        (500, {"code": 500, "message": "no"}, ServerFault),
        (503, "<html>busy</html>", ServerFault),
        (401, "", BadCredentials),
        (200, "<html>hello</html>", Unreadable),
        (200, '{"code": 1000, "da', Unreadable),
        (200, "[1, 2]", Unreadable),
        (302, "", Unreadable),
    ],
)
def test_each_answer_has_its_error(status: int, body: Any, kind: type[LiveAvatarError]) -> None:
    """The application code counts before the HTTP status."""
    error = error_of(status, body)

    assert type(error) is kind
    assert error.status == status
    assert "\n" not in str(error)
    assert str(error).startswith("It did not work. ")
    assert error.next_step.rstrip(".") in str(error)


@pytest.mark.parametrize("body", ["<html>no such page</html>", "", {"detail": "Not Found"}, {"status": 404}])
def test_a_foreign_404_does_not_count_as_gone(body: Any) -> None:
    """With a wrong address everything is 404, and a refresh would drop the whole state."""
    error = error_of(404, body)

    assert type(error) is Unreadable
    assert "LIVEAVATAR_API_URL" in str(error)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (
            {"code": 1, "data": [{"message": "too long"}, {"message": "no prompt"}]},
            "too long; no prompt",
        ),
        ({"code": 1, "data": [{"message": "first"}], "message": "second"}, "first"),
        ({"code": 1, "error": "the error", "message": "the message"}, "the error"),
        ({"code": 1, "data": None, "message": None}, "no reason was given"),
        (
            {
                "detail": [
                    {"loc": ["body", "avatar_id"], "msg": "Field required"},
                    {"loc": [], "msg": "and more", "input": "hidden-value-x"},
                ]
            },
            "body.avatar_id: Field required; and more",
        ),
    ],
)
def test_the_servers_reason_is_quoted(body: Any, says: str) -> None:
    """In the order the vendor's own code reads them; a validation error's input is never quoted."""
    assert f": {says}." in str(error_of(400, body))


def test_a_reason_is_scrubbed_before_it_is_cut() -> None:
    """Cutting first could leave half a value at the end."""
    said = str(error_of(400, {"code": 1, "message": "x" * 390 + "hidden-value-x"}))

    assert "hidden" not in said


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:10 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 10.0),
        ({"retry-after": "Wed, 21 Oct 2020 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2020 07:28:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    """A date counts from the answer's own Date, whatever this machine's clock says."""
    assert retry_after(headers) == seconds
    assert error_of(429, "slow", **headers).retry_after_s == seconds


@pytest.mark.parametrize(
    "body",
    [
        {"detail": [{"loc": 5, "msg": "x"}]},
        {"detail": [{"loc": None, "msg": None}]},
        {"detail": [{"msg": ["x"]}]},
        {"detail": [7]},
        {"code": "odd", "message": {"a": 1}},
        {"code": 10**200, "message": "odd"},
        {"code": True, "data": [{"message": 5}], "error": []},
        '{"code": 1000, "data": ' + "[" * 100_000,
    ],
)
def test_an_answer_of_odd_shape_is_one_error_like_every_other(body: Any) -> None:
    """Whoever stops a session catches LiveAvatarError: anything else would leave it open."""
    error = error_of(422, body)

    assert isinstance(error, Refused | Unreadable)
    assert len(str(error)) < 400


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 01 Jan 2030 00:00:00 +99999999999999999999",
        "Mon, 01 Jan 99999999999 00:00:00 GMT",
        "Mon, 01 Jan 2030 99999999999:00:00 GMT",
    ],
)
def test_a_date_that_is_none_is_no_date(date: str) -> None:
    """Neither where it is asked to wait until, nor as the answer's own."""
    assert retry_after({"retry-after": date}) in (None, 0.0)
    assert retry_after({"retry-after": "Mon, 01 Jan 2001 00:00:00 GMT", "date": date}) in (None, 0.0)
