"""
Prints the JSON schema of a result: `python -m liveavatar_ops.health.report.schema`.

docs/schema/health-result.json holds the same text; a test keeps them equal.
"""

import json
import sys
from typing import Any

from liveavatar_ops.health.report.result import SCHEMA, HealthResult


def result_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of the document as it is written."""
    schema = HealthResult.model_json_schema(by_alias=True, mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        **schema,
    }


def schema_text() -> str:
    """The schema as it is kept in docs."""
    return json.dumps(result_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
