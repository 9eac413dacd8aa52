"""Signatures of deliveries to subscribers with a secret (WebSub 7.1)."""

import hmac


def signature(method: str, secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature: the method, and the HMAC of `body` in hexadecimal."""
    return f"{method}={hmac.digest(secret.encode(), body, method).hex()}"
