"""What shall go wrong, and where: one plan for both proxies.

A proxy numbers its messages from 1 in the order of arrival, over all its connections, and asks the plan at each phase
of each. A run with an empty plan enumerates the points at which another run may be hurt; nothing depends on timing.
"""

import re
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Channel(Enum):
    S3 = "s3"
    SQL = "sql"


class Phase(Enum):
    BEFORE = "before it is forwarded"
    IN_FLIGHT = "forwarded, and the server at work on it"
    AFTER = "done by the server, and not yet answered"
    MID_BODY = "half of the answer's body sent"  # S3 only


@dataclass(frozen=True)
class Message:
    """`text` is METHOD /path?query on S3, and the statement on SQL (or the name of a message that has none)."""

    channel: Channel
    ordinal: int
    text: str

    def __str__(self) -> str:
        return f"{self.channel.value}#{self.ordinal} {' '.join(self.text.split())[:120]}"


# An action is handed the exchange (of S3 or of SQL) that it hurts; actions.py has them all.
Action = Callable[[Any], Awaitable[None]]


@dataclass
class Fault:
    """Strikes at the message of that ordinal, or at those whose text the pattern is found in."""

    channel: Channel
    phase: Phase
    action: Action
    ordinal: int | None = None
    match: str | None = None
    times: int = 1  # how often it strikes at most

    def hits(self, message: Message, phase: Phase) -> bool:
        if self.times <= 0 or self.channel is not message.channel or self.phase is not phase:
            return False
        if self.ordinal is not None and self.ordinal != message.ordinal:
            return False
        return self.match is None or re.search(self.match, message.text) is not None


@dataclass
class FaultPlan:
    faults: list[Fault] = field(default_factory=list)
    seen: list[Message] = field(default_factory=list)
    struck: list[Message] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arrived(self, channel: Channel, text: str) -> Message:
        with self._lock:
            ordinal = 1 + sum(m.channel is channel for m in self.seen)
            message = Message(channel, ordinal, text)
            self.seen.append(message)
            return message

    def action_at(self, message: Message, phase: Phase) -> Action | None:
        with self._lock:
            for fault in self.faults:
                if fault.hits(message, phase):
                    fault.times -= 1
                    self.struck.append(message)
                    return fault.action
        return None
