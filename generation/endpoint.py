"""Where remote models are reached: one OpenAI-compatible server."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RemoteEndpoint:
    """An OpenAI-compatible server and how to call it; the key never shows in its repr."""

    base_url: str = "https://api.openai.com/v1"
    api_key: str = field(default="", repr=False)
    """Empty for servers that ask for none, such as Ollama or a local vLLM."""
    models: tuple[str, ...] = ()
    """The models that may be used; when empty, any name is passed on."""
    timeout: float = 60.0
    """Seconds for one answer."""
    retries: int = 2
    concurrency: int = 8
    """Requests under way at once."""
    context_window: int = 128_000
    """Tokens; servers do not tell, so it is an assumption."""

    @property
    def limit_field(self) -> str:
        """OpenAI's own models want the new name of the answer's limit; other servers know the old one."""
        return "max_completion_tokens" if "//api.openai.com" in self.base_url else "max_tokens"
