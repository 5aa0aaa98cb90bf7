"""
One result, told to people, to programs and to CI.

What few ask for (`junit`, `metrics`) is imported by its own name, so that nobody else pays for it.
"""

from liveavatar_ops.health.report.human import print_result
from liveavatar_ops.health.report.result import HealthResult, health_result

__all__ = ["HealthResult", "health_result", "print_result"]
