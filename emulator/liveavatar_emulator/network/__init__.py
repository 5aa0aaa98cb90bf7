"""
A network between one user and the media server: poor, or closed, on this machine and without root.

A session with such a fault is given the address of a Detour instead of the media server's own. It passes the
signalling on, and rewrites the server's ICE candidates so that media has to take the Detour's relays.
"""

from liveavatar_emulator.network.conditions import NETWORK_FAULTS, Conditions, conditions
from liveavatar_emulator.network.detour import Detour

__all__ = ["NETWORK_FAULTS", "Conditions", "Detour", "conditions"]
