"""A role that was just made is not known everywhere at AWS: the schedule waits for it, for nothing else."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from deploy.aws.client import ASK_AGAIN_S, PROPAGATES_WITHIN_S, Aws

NOT_YET = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."


class Scheduler:
    """Refuses so many times in these words, then takes the schedule."""

    def __init__(self, refusals: int, words: str) -> None:
        self.asked, self._refusals, self._words = 0, refusals, words

    def create_schedule(self) -> dict[str, str]:
        self.asked += 1
        if self.asked <= self._refusals:
            error = {"Error": {"Code": "ValidationException", "Message": self._words}}
            raise ClientError(error, "CreateSchedule")  # type: ignore[arg-type] # as much as is read of it
        return {"ScheduleArn": "arn"}


def asked(scheduler: Scheduler) -> tuple[Any, list[float]]:
    waited: list[float] = []
    aws = Aws("eu-central-1", sleep=waited.append)
    return aws.once_roles_are_known(scheduler.create_schedule), waited


def test_a_role_that_is_not_known_yet_is_waited_for() -> None:
    """Twice refused, the third time taken."""
    answer, waited = asked(Scheduler(2, NOT_YET))

    assert answer == {"ScheduleArn": "arn"}
    assert waited == [ASK_AGAIN_S, ASK_AGAIN_S]


def test_any_other_refusal_is_told_at_once() -> None:
    """A wrong expression is not mended by waiting."""
    scheduler = Scheduler(9, "Invalid Schedule Expression rate(1 fortnight).")

    with pytest.raises(ClientError, match="fortnight"):
        asked(scheduler)

    assert scheduler.asked == 1


def test_a_role_that_is_never_known_is_told_in_the_end() -> None:
    """In AWS's own words."""
    scheduler = Scheduler(1000, NOT_YET)

    with pytest.raises(ClientError, match="assume the role"):
        asked(scheduler)

    assert scheduler.asked == PROPAGATES_WITHIN_S / ASK_AGAIN_S
