"""What is said to a model, and what it answers. Knows nothing about any model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation, in OpenAI's words."""

    role: Role
    content: str

    def as_dict(self) -> dict[str, str]:
        """The form that chat templates and OpenAI-compatible servers take."""
        return {"role": self.role, "content": self.content}


Conversation = tuple[Message, ...]
