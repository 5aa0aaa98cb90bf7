"""Turns frames and sound into numbers: pure numpy, no network, no clock of its own."""

from liveavatar_ops.health.measure.audio import AudioMeter
from liveavatar_ops.health.measure.lips import lip_facts, mouth_moving_s
from liveavatar_ops.health.measure.video import VideoMeter

__all__ = ["AudioMeter", "VideoMeter", "lip_facts", "mouth_moving_s"]
