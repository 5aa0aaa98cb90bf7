"""The parts of the judgement, one stretch of the way each. All pure."""
