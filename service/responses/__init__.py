"""How a request to /v1/responses becomes a response: its conversation, its events, its storage."""
