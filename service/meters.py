"""What a server counts about itself, in Prometheus' terms; one set for each application."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from service.storage.job import Job

SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class Meters:
    """Counts of one application; safe between threads."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "trivium_requests", "Answered requests.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "trivium_request_seconds",
            "Time to the last byte of an answer.",
            ("method", "route"),
            registry=self._registry,
            buckets=SECONDS,
        )
        self._tokens = Counter(
            "trivium_tokens", "Tokens that models read and wrote.", ("kind",), registry=self._registry
        )
        self._waiting = Gauge(
            "trivium_engine_requests", "Requests that wait for a model or use one.", registry=self._registry
        )
        self._jobs = Gauge("trivium_jobs", "Unfinished jobs.", ("kind", "status"), registry=self._registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is its pattern, never its path."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def used(self, prompt_tokens: int, completion_tokens: int) -> None:
        """A model read and wrote so many tokens."""
        self._tokens.labels("prompt").inc(prompt_tokens)
        self._tokens.labels("completion").inc(completion_tokens)

    def begun(self) -> None:
        """A request goes to the engine."""
        self._waiting.inc()

    def ended(self) -> None:
        """It came back."""
        self._waiting.dec()

    def shown(self, unfinished: Iterable[Job]) -> bytes:
        """Everything, in Prometheus' text format."""
        self._jobs.clear()
        for (kind, status), count in Tally((job.kind, job.status) for job in unfinished).items():
            self._jobs.labels(kind, status).set(count)
        return generate_latest(self._registry)
