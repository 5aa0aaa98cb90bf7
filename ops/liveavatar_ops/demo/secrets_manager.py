"""
A Secrets Manager endpoint on this machine, holding one OpenAI key.

Run as `python -m liveavatar_ops.demo.secrets_manager`. The first line of stdin is JSON:
`{"region", "secret_id", "value"}`: a value never travels by argument. It answers with one line
`{"url", "version_id"}` and lives until its stdin ends.
"""

import hashlib
import json
import sys

import boto3
from moto.server import ThreadedMotoServer


def version_of(secret_id: str, value: str) -> str:
    """The same secret gets the same version id in every run, or each demo would look like a rotation."""
    return hashlib.sha256(f"{secret_id}\n{value}".encode()).hexdigest()[:32]


def main() -> None:
    """Serve until the one who started us is gone."""
    wanted = json.loads(sys.stdin.readline())
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    manager = boto3.client(
        "secretsmanager",
        region_name=wanted["region"],
        endpoint_url=url,
        aws_access_key_id="demo",
        aws_secret_access_key="demo",  # noqa: S106 - moto takes any
    )
    version = version_of(wanted["secret_id"], wanted["value"])
    manager.create_secret(Name=wanted["secret_id"], ClientRequestToken=version, SecretString=wanted["value"])
    print(json.dumps({"url": url, "version_id": version}), flush=True)  # noqa: T201 - the answer to our starter
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
