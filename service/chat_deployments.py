"""Chatting with a deployment: one user message in, the measured pipeline's answer out."""

from __future__ import annotations

from service.engine.port import Answer, Engine
from service.errors import InvalidRequest, NotReady
from service.schemas.chat import ChatRequest
from service.storage.job import Job

FIXED = ("max_tokens", "max_completion_tokens", "stop")


async def answer_as_measured(engine: Engine, job: Job, body: ChatRequest) -> Answer:
    """Answer the user's message.

    Raises:
        InvalidRequest: the request wants something that was not measured.
        NotReady: the deployment is still being made.

    """
    if job.status != "succeeded":
        raise NotReady(
            f"model: {job.model_name} is {job.status}; wait until /v1/deployments/{job.id} says succeeded.",
            "model",
        )
    _refuse_changes(body)
    (answer,) = await engine.answer(job.id, [body.conversation[0].content])
    return answer


def _refuse_changes(body: ChatRequest) -> None:
    reason = "a deployment answers exactly as it was measured"
    if len(body.messages) != 1 or body.messages[0].role != "user":
        raise InvalidRequest(
            f"messages: {reason}, with its own instruction; send a single user message and no earlier turns.",
            "messages",
        )
    for field in FIXED:
        if getattr(body, field):
            raise InvalidRequest(f"{field}: {reason}, with its own limits; leave the field out.", field)
    if body.n not in (None, 1):
        raise InvalidRequest(f"n: {reason}, so all answers would be the same; leave the field out.", "n")
    for field, neutral in (("temperature", 0), ("top_p", 1)):
        if getattr(body, field) not in (None, neutral):
            raise InvalidRequest(
                f"{field}: {reason}, by greedy decoding; leave it out or send {neutral}.", field
            )
