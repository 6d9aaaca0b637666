"""Everything a server can be told, read from TRIVIUM_* environment variables."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SHORTEST_KEY = 16


class Settings(BaseSettings):
    """The server's settings; secrets are never logged, stored or returned."""

    model_config = SettingsConfigDict(env_prefix="TRIVIUM_", frozen=True)

    data_dir: Path = Path("~/.local/share/trivium")
    """Where everything is kept."""
    host: str = "127.0.0.1"
    port: int = Field(8321, ge=0, le=65_535)
    """0 takes any free port."""
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Separated by commas; with keys, every /v1 route asks for one."""
    openai_base_url: str | None = None
    """The OpenAI-compatible server behind models named `openai:NAME`."""
    openai_api_key: SecretStr | None = None
    model_folders: dict[str, Path] = {}
    """Local models besides pocket, as JSON: {"name": "folder"}."""
    embedder_folder: Path | None = None
    """An embedding model as sentence-transformers saves it, instead of the one in the box."""
    reranker_folder: Path | None = None
    """A cross-encoder that reads passages again where a search asks for it."""
    gguf_converter: Path | None = None
    """llama.cpp's convert_hf_to_gguf.py, for exports; without it, it is looked for on the PATH."""
    loaded_models: int = Field(2, ge=1)
    """Models that one process keeps in memory."""
    loaded_adapters: int = Field(16, ge=1)
    """Adapters that it keeps in memory beside each of them."""
    max_body_bytes: int = Field(64_000_000, ge=1_000)
    """Largest request body, uploads included; most bodies of JSON end at 16 MB."""
    max_waiting_chats: int = Field(32, ge=1)
    """Chat requests that may wait for the engine; more are answered with 429."""
    parallel_jobs: int = Field(1, ge=1)
    """Recommendations measured at the same time; deployments have as many places of their own."""
    job_timeout_seconds: int = Field(6 * 3600, ge=1)
    """A job that runs longer is stopped; what it measured is kept."""
    file_timeout_seconds: int = Field(1800, ge=1)
    """A file of a vector store that takes longer to be read and embedded fails."""
    duplicate_seconds: int = Field(60, ge=0)
    """The same creation posted again within this time gives the first one back."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"

    @field_validator("api_keys", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(k.strip() for k in value.split(",") if k.strip()) if isinstance(value, str) else value

    @field_validator("api_keys")
    @classmethod
    def _long_enough(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(k.get_secret_value()) < SHORTEST_KEY for k in keys):
            raise ValueError(f"every API key needs at least {SHORTEST_KEY} characters")
        return keys

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if not is_loopback(self.host) and not self.api_keys:
            raise ValueError(
                f"host {self.host} is reachable from other machines: set TRIVIUM_API_KEYS, or use 127.0.0.1"
            )
        return self


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
