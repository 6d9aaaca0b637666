"""The body of POST /v1/recommendations in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from advisor.use_case import UseCase


def _schema() -> dict[str, Any]:
    schema = UseCase.model_json_schema()
    file_id = {"type": "string", "description": "Id of an uploaded JSONL file, instead of the inline field."}
    schema["properties"] |= {"samples_file": file_id, "corpus_file": file_id}
    schema["required"] = [name for name in schema.get("required", []) if name != "samples"]
    definitions = schema.pop("$defs", {})
    return {key: _inlined(value, definitions) for key, value in schema.items()}


def _inlined(node: Any, definitions: dict[str, Any]) -> Any:
    """OpenAPI resolves references from its own root, so ours are written out."""
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if reference := node.get("$ref"):
        return _inlined(definitions[reference.rsplit("/", 1)[-1]], definitions)
    return {key: _inlined(value, definitions) for key, value in node.items()}


OPENAPI_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": _schema()}}}}
