"""Each refusal of AWS has its own sentence; those that the local endpoint cannot play are played here."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pulumi_liveavatar.aws import AwsSecret, fetch_value
from pulumi_liveavatar.aws_errors import AwsSecretError, Place, refused
from pulumi_liveavatar.settings import AwsSettings

PLACE = Place("prod/openai", "eu-central-1", "v1", "api_key")

CASES = [
    ("AccessDeniedException", "not authorized", "AWS denied secretsmanager:GetSecretValue"),
    ("DecryptionFailure", "cannot decrypt", "could not decrypt"),
    ("ThrottlingException", "Rate exceeded", "for the number of calls"),
    ("ExpiredTokenException", "expired", r"did not accept the credentials \(ExpiredTokenException\)"),
    ("UnrecognizedClientException", "invalid token", "did not accept the credentials"),
    ("InvalidRequestException", "it was marked for deletion.", "marked for deletion"),
    ("InvalidRequestException", "something else", "AWS answered GetSecretValue with InvalidRequestException"),
    ("ResourceNotFoundException", "can't find the specified secret.", "There is no such AWS secret"),
    (
        "ResourceNotFoundException",
        "can't find the specified secret value for VersionId: v1",
        "It has no version v1 any more",
    ),
    ("InternalServiceError", "oops", "AWS answered GetSecretValue with InternalServiceError"),
]


@pytest.mark.parametrize(("code", "message", "says"), CASES)
def test_each_refusal_has_its_sentence(code: str, message: str, says: str) -> None:
    """What did not happen, why, what to do, in one line."""
    with pytest.raises(AwsSecretError, match=says) as failed:
        raise refused(PLACE, "GetSecretValue", {"Code": code, "Message": message})

    said = str(failed.value)
    assert said.startswith("AWS secret 'prod/openai' in eu-central-1 was not read.")
    assert failed.value.next_step.rstrip(".") in said
    assert "\n" not in said


def test_no_two_causes_share_a_sentence() -> None:
    """Or the reader could not tell them apart."""
    reasons = [refused(PLACE, "GetSecretValue", {"Code": c, "Message": m}).why for c, m, _ in CASES]

    assert len(set(reasons)) == len(reasons)


class Denies(BaseHTTPRequestHandler):
    """An AWS that says no to everything, quoting what must not be seen."""

    def do_POST(self) -> None:
        said = {"__type": "AccessDeniedException", "Message": "User arn:x is not authorized; sk-echo"}
        body = json.dumps(said).encode()
        self.send_response(400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def denying() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Denies)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_denial_over_the_wire_is_read_as_one(denying: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through boto3, as it comes; AWS's own words are not quoted."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    settings = AwsSettings(aws_region="eu-central-1", aws_endpoint_url=denying)

    with pytest.raises(AwsSecretError, match="AWS denied secretsmanager:GetSecretValue") as failed:
        fetch_value(AwsSecret(secret_id="prod/openai", version_id="0" * 36), settings=settings)

    assert "sk-echo" not in str(failed.value)
