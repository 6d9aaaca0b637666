"""What the supervisor tells its children beside the settings."""

LISTEN_FD = "TRIVIUM_LISTEN_FD"
ENGINE_SOCKET = "TRIVIUM_ENGINE_SOCKET"
