"""`trivium demo`: what a newcomer would do by hand, through HTTP with the stock OpenAI client."""

from __future__ import annotations

import json
import time
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import openai
import typer

from advisor.errors import UseCaseError
from advisor.events import Event
from advisor.use_case import UseCase
from advisor.use_case_files import load_use_case
from service.commands.messages import BAD_INPUT, console, fail, settings_from
from service.commands.progress import LiveProgress
from service.errors import Unavailable
from service.processes.started import started_server

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "handbook_questions"
POLL_SECONDS = 0.5
QUESTIONS = 3
"""How many answers are shown: one alone may be lucky or unlucky."""


def run(path: Path | None, data_dir: Path | None, preset: str | None) -> None:
    """Measure the use case, deploy what is recommended, and ask it something new."""
    folder = path or EXAMPLE
    try:
        use_case = load_use_case(folder)
    except UseCaseError as error:
        fail(str(error), BAD_INPUT)
    kept = data_dir or Path(mkdtemp(prefix="trivium-demo-"))
    console.print("[bold]1.[/] Starting the service")
    try:
        with started_server(kept) as server:
            report = _journey(
                openai.OpenAI(base_url=f"{server.url}/v1", api_key=_key()), folder, use_case, preset
            )
    except (Unavailable, openai.OpenAIError) as error:
        fail(str(error))
    console.print(f"[bold]5.[/] The report: {kept / report}", highlight=False, soft_wrap=True)
    console.print(
        f"The service is stopped; `trivium serve --data-dir {kept}` serves it all again.", soft_wrap=True
    )


def _journey(client: openai.OpenAI, folder: Path, use_case: UseCase, preset: str | None) -> Path:
    done = _recommend(client, use_case, preset)
    _ask(client, _deploy(client, done), folder, use_case)
    return Path("recommendations", str(done["id"]), "report.html")


def _key() -> str:
    keys = settings_from().api_keys
    return keys[0].get_secret_value() if keys else "none-needed-on-loopback"


def _recommend(client: openai.OpenAI, use_case: UseCase, preset: str | None) -> dict[str, Any]:
    body = use_case.model_dump(mode="json", exclude_unset=True) | {"preset": preset}
    queued: Any = client.post("/recommendations", cast_to=object, body=body)
    estimate = queued["estimate"]
    console.print(
        f"[bold]2.[/] Posted {use_case.name!r}: {queued['samples']} samples, {queued['documents']} "
        f"documents; {estimate['trials']} trials, about {estimate['seconds']} s"
    )
    _watch(client, queued["id"])
    done: Any = client.get(f"/recommendations/{queued['id']}", cast_to=object)
    if done["status"] != "succeeded":
        fail(f"the recommendation {done['status']}: {done['error']}")
    typer.echo(done["result"]["sentence"])
    return dict(done)


def _watch(client: openai.OpenAI, recommendation_id: str) -> None:
    path = f"/recommendations/{recommendation_id}/events"
    stream = client.get(path, cast_to=object, stream=True, stream_cls=openai.Stream[object])
    known = Event.__dataclass_fields__
    with LiveProgress(console) as progress:
        for data in stream:
            assert isinstance(data, dict)
            if data["kind"] in ("stage", "trial"):
                progress.show(Event(**{name: data[name] for name in known}))


def _deploy(client: openai.OpenAI, done: dict[str, Any]) -> str:
    recommended = done["result"]["recommended"]
    best = recommended or _leader(client, done["id"])
    deployment: Any = client.post(
        f"/recommendations/{done['id']}/deploy", cast_to=object, body={"method": best}
    )
    why = "" if recommended else ", the best of a bad lot, to show how,"
    console.print(f"[bold]3.[/] Deploying {best}{why} as the model {deployment['model']}", soft_wrap=True)
    while deployment["status"] in ("queued", "running"):
        time.sleep(POLL_SECONDS)
        deployment = client.get(f"/deployments/{deployment['id']}", cast_to=object)
    if deployment["status"] != "succeeded":
        fail(f"the deployment {deployment['status']}: {deployment['error']}")
    return str(deployment["model"])


def _leader(client: openai.OpenAI, recommendation_id: str) -> str:
    report: Any = client.get(f"/recommendations/{recommendation_id}/report.json", cast_to=object)
    return str(max(report["rows"], key=lambda row: row["score"])["method"])


def _ask(client: openai.OpenAI, model: str, folder: Path, use_case: UseCase) -> None:
    console.print("[bold]4.[/] Asking it a few questions")
    for question in _fresh(folder) or [sample.model_dump() for sample in use_case.samples[:QUESTIONS]]:
        answer = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": question["input"]}]
        )
        typer.echo(f"   Q: {question['input']}\n   A: {answer.choices[0].message.content}")
        shown = (answer.model_extra or {}).get("sources")
        typer.echo(
            f"      (wanted: {question['output']}{'; documents: ' + ', '.join(shown) if shown else ''})"
        )


def _fresh(folder: Path) -> list[dict[str, Any]]:
    """The first rows of the folder's test set, if it has one."""
    path = folder / "test.jsonl"
    rows = path.read_text("utf-8").splitlines() if path.exists() else []
    return [json.loads(row) for row in rows[:QUESTIONS]]
