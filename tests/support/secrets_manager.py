"""Secrets Manager over its real protocol, by a moto server on loopback."""

import json
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"


class SecretsManager:
    """A server, and what a test does with it as an administrator would."""

    def __init__(self) -> None:
        self._server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self.client: Any = boto3.client(
            "secretsmanager",
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    @property
    def env(self) -> dict[str, str]:
        """The variables by which a child process finds this server."""
        return {
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def put(self, name: str, value: str, key: str = "api_key") -> str:
        """Create the AWS secret, or rotate it; returns the version id that is current then."""
        text = json.dumps({key: value})
        try:
            made = self.client.create_secret(Name=name, SecretString=text)
        except self.client.exceptions.ResourceExistsException:
            made = self.client.put_secret_value(SecretId=name, SecretString=text)
        version: str = made["VersionId"]
        return version

    def stop(self) -> None:
        self._server.stop()
