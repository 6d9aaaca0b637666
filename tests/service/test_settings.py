"""What a server can be told."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from service.settings import Settings, is_loopback


def test_there_are_few_settings() -> None:
    assert len(Settings.model_fields) <= 20


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
def test_loopback_needs_no_keys(host: str) -> None:
    assert is_loopback(host) and Settings(host=host).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", "localhost.example.org", ""])
def test_other_addresses_need_keys(host: str) -> None:
    with pytest.raises(ValidationError, match="TRIVIUM_API_KEYS"):
        Settings(host=host)
    assert Settings(host=host, api_keys="a-key-of-enough-length").host == host  # type: ignore[arg-type]


def test_keys_come_from_the_environment_and_never_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVIUM_API_KEYS", "first-key-of-length, second-key-of-length,")
    monkeypatch.setenv("TRIVIUM_OPENAI_API_KEY", "sk-remote")
    settings = Settings()
    assert len(settings.api_keys) == 2
    assert "first-key" not in repr(settings) and "sk-remote" not in repr(settings)


def test_short_keys_are_refused() -> None:
    with pytest.raises(ValidationError, match="16 characters"):
        Settings(api_keys="short")  # type: ignore[arg-type]
