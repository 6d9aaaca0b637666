"""Every error as OpenAI's JSON: {"error": {"message", "type", "param", "code"}}."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from advisor.errors import UseCaseError
from generation.faults import first_fault
from generation.surrogates import without_surrogates
from service.errors import BY_STATUS, RULES, InvalidRequest, Rule, ServiceError, rule_for
from service.request_ids import HEADER, request_id_of

log = logging.getLogger(__name__)
INTERNAL = "Something went wrong on the server; its log holds the details under this request id."
UNREADABLE = (
    "The body cannot be read: it is not UTF-8, or has numbers or a nesting beyond reason; send plain JSON."
)
BROKEN_TEXT = "The body holds half of a surrogate pair, which is no text; send whole characters."


def install(app: FastAPI) -> None:
    """Answer every error of the app in OpenAI's shape."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _by_status)
    for kind in RULES:
        app.add_exception_handler(kind, _by_rule)


def respond(error: Exception, scope: Mapping[str, Any]) -> JSONResponse:
    """The answer to an error, by its rule."""
    return _response(rule_for(error), *describe(error), scope)


def describe(error: Exception) -> tuple[str, str | None]:
    """Message and param that a client may see."""
    if isinstance(error, UseCaseError):
        return f"{error.field}: {error.message}", error.field
    if isinstance(error, ServiceError):
        return error.message, error.param
    if isinstance(error, UnicodeEncodeError):
        return BROKEN_TEXT, None
    return (INTERNAL if rule_for(error) is RULES[Exception] else str(error)), None


def body_of(rule: Rule, message: str, param: str | None) -> dict[str, Any]:
    """OpenAI's error object."""
    told = without_surrogates(message)
    shown = None if param is None else without_surrogates(param)
    return {"error": {"message": told, "type": rule.type, "param": shown, "code": rule.code}}


def _response(rule: Rule, message: str, param: str | None, scope: Mapping[str, Any]) -> JSONResponse:
    headers = {HEADER: request_id_of(scope), "x-should-retry": "true" if rule.retry else "false"}
    if rule.retry:
        headers["retry-after"] = "1"
    if rule.status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse(body_of(rule, message, param), rule.status, headers)


async def _by_rule(request: Request, error: Exception) -> JSONResponse:
    if rule_for(error).status == 500:
        log.error("%s %s %s", request_id_of(request.scope), request.method, request.url.path, exc_info=error)
    return respond(error, request.scope)


async def _by_status(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    rule = BY_STATUS.get(error.status_code, Rule(error.status_code, "invalid_request_error"))
    message = UNREADABLE if isinstance(error.__cause__, ValueError | RecursionError) else str(error.detail)
    if error.status_code == 404:
        message = (
            f"There is no route {request.method} {request.url.path}; see /openapi.json for those that exist."
        )
    if error.status_code == 405:
        message = f"{request.method} is not possible on {request.url.path}; see /openapi.json."
    response = _response(rule, message, None, request.scope)
    if error.headers and "allow" in (lower := {k.lower(): v for k, v in error.headers.items()}):
        response.headers["allow"] = lower["allow"]
    return response


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    message, param = _explain(request, error)
    return respond(InvalidRequest(message, param), request.scope)


def _explain(request: Request, error: RequestValidationError) -> tuple[str, str | None]:
    place, *rest = error.errors()[0]["loc"]
    if error.errors()[0]["type"] == "json_invalid":
        reason = error.errors()[0]["ctx"]["error"]
        return f"The body is not valid JSON: {reason} at character {rest[0]}.", None
    if place == "body" and (reason := _unfit(error.body, request.headers.get("content-type", ""))):
        return reason, None
    sent: dict[str, object] = {"body": error.body, "query": request.query_params, "header": request.headers}
    faults = [{**one, "loc": one["loc"][1:]} for one in error.errors() if one["loc"][0] == place]
    fault = first_fault(faults, sent.get(place))
    return str(fault), fault.where or None


def _unfit(body: object, content_type: str) -> str | None:
    """Why a body is none in which fields could be looked for."""
    if isinstance(body, FormData):
        is_form = content_type.startswith("multipart/form-data")
        return None if is_form else "The body has the wrong content type; send a form as multipart/form-data."
    if body is None:
        return "The body is empty; send the fields that /openapi.json describes."
    if isinstance(body, bytes):
        return "The body has the wrong content type; send the header Content-Type: application/json."
    return None if isinstance(body, Mapping) else "The body is not a JSON object; send one, in braces."
