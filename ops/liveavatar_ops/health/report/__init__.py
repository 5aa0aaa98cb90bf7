"""One result, told to people, to programs and to CI."""

from liveavatar_ops.health.report.human import print_result
from liveavatar_ops.health.report.junit import junit_text
from liveavatar_ops.health.report.metrics import metrics_text
from liveavatar_ops.health.report.result import HealthResult, health_result

__all__ = ["HealthResult", "health_result", "junit_text", "metrics_text", "print_result"]
