"""Verification of intent: a subscriber confirms a request by echoing a challenge (WebSub 5.3); denials give the reason (5.2)."""

import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

from feeds.hub.client import Answer
from feeds.hub.records import Intent, Protocol


def challenge() -> str:
    """A random text, used once."""
    return secrets.token_urlsafe(24)


def address(intent: Intent, challenge: str) -> str:
    """The URL that asks the subscriber to confirm."""
    if intent.protocol == Protocol.CLOUD:
        return _with(intent.callback, {"url": intent.topic, "challenge": challenge})
    fields = {"hub.mode": intent.mode, "hub.topic": intent.topic, "hub.challenge": challenge}
    if intent.mode == "subscribe":
        fields["hub.lease_seconds"] = str(intent.seconds)
    return _with(intent.callback, fields)


def is_confirmed(answer: Answer, challenge: str) -> bool:
    """Whether the subscriber agrees: a 2xx, and the challenge for a body."""
    return answer.is_success and answer.body == challenge.encode()


def denial(topic: str, callback: str, reason: str) -> str:
    """The URL of the request that denies or ends a subscription (WebSub 5.2)."""
    return _with(callback, {"hub.mode": "denied", "hub.topic": topic, "hub.reason": reason})


def _with(callback: str, fields: Mapping[str, str]) -> str:
    """The URL with `fields` added to its query."""
    return f"{callback}{'&' if '?' in callback else '?'}{urlencode(fields)}"
