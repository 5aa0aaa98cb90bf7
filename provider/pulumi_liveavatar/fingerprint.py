"""
Tells whether a secret value is the one that was stored, without keeping the value.

The state has to remember something of it, or a changed value would show no diff. A key of a provider has
enough entropy for any hash, but somebody will put a password there: so it is salted and slow (scrypt, about
50 ms).
"""

import hashlib
import hmac
import os
from typing import Any

_COST = 2**14
_SCHEME = "scrypt"


def fingerprint(value: str) -> str:
    """`scrypt$<salt>$<hash>`; another one each time."""
    salt = os.urandom(16)
    return f"{_SCHEME}${salt.hex()}${_slow_hash(value, salt)}"


def matches(value: str, stored: Any) -> bool:
    """False also for a fingerprint that cannot be read."""
    scheme, _, rest = stored.partition("$") if isinstance(stored, str) else ("", "", "")
    salt, _, expected = rest.partition("$")
    try:
        raw = bytes.fromhex(salt)
    except ValueError:
        return False
    return scheme == _SCHEME and hmac.compare_digest(_slow_hash(value, raw), expected)


def suffix(value: str, *, key: str) -> str:
    """
    Eight hex digits that are the same for the same value and key: part of a LiveAvatar secret's name.

    Names are shown in lists and outputs, so this is keyed with the API key: whoever could use it to try
    guesses could use the secret itself anyway. (32 bits of an OpenAI key's own hash would be harmless too; of
    a weak value they would confirm a guess.)
    """
    return hmac.new(key.encode(), value.encode(), hashlib.sha256).hexdigest()[:8]


def _slow_hash(value: str, salt: bytes) -> str:
    return hashlib.scrypt(value.encode(), salt=salt, n=_COST, r=8, p=1, dklen=32).hex()
