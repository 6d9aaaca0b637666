"""Jobs: recommendations and deployments, their states and their events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from service.errors import InvalidRequest, KeyReused
from service.states import FINAL, UNFINISHED, Status, sources
from service.storage.clock import now
from service.storage.job import Job, JobEvent, Kind, NewJob
from service.storage.pages import Cursor, Page, read_page
from service.storage.tables import events, jobs

COLUMNS = tuple(Job.__slots__)


class JobStore:
    """The only place that writes jobs."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def create(self, new: NewJob, window: int) -> tuple[Job, bool]:
        """Queue a job, and tell whether it is new: the same creation again gives the first one back.

        Raises:
            KeyReused: the Idempotency-Key came with another body before.
            InvalidRequest: another living deployment has the model name.

        """
        try:
            with self._database.begin() as connection:
                if twin := _twin(connection, new, now() - window):
                    return twin, False
                job = Job(created_at=now(), **{n: getattr(new, n) for n in NewJob.__slots__})
                connection.execute(insert(jobs).values(**{name: getattr(job, name) for name in COLUMNS}))
                _append(connection, job.id, "status", {"status": job.status})
                return job, True
        except IntegrityError:
            raise InvalidRequest(
                f"name: the model name {new.model_name!r} is taken; choose another.", "name"
            ) from None

    def get(self, job_id: str, kind: Kind | None = None) -> Job | None:
        """A job by id."""
        return self._one(jobs.c.id == job_id, *([jobs.c.kind == kind] if kind else []))

    def serving(self, model_name: str) -> Job | None:
        """The living deployment with a model name."""
        alive = jobs.c.status.not_in(("failed", "cancelled"))
        return self._one(jobs.c.model_name == model_name, jobs.c.kind == "deployment", alive)

    def makers(self, model_name: str) -> list[Job]:
        """The fine-tuning jobs that a model name was given to, however they ended."""
        return self._all(jobs.c.model_name == model_name, jobs.c.kind == "fine_tuning")

    def page(self, kind: Kind, cursor: Cursor, *which: ColumnElement[bool]) -> Page[Job]:
        """A part of the list."""
        with self._database.connect().execution_options(read_only=True) as connection:
            rows, more = read_page(connection, jobs, [jobs.c.kind == kind, *which], cursor)
        return Page(tuple(_job(row) for row in rows), more)

    def deployed(self) -> list[Job]:
        """All deployments that can be asked."""
        return self._all(jobs.c.kind == "deployment", jobs.c.status == "succeeded")

    def unfinished(self) -> list[Job]:
        """Queued and running jobs, oldest first."""
        return self._all(jobs.c.status.in_(UNFINISHED))

    def move(
        self,
        job_id: str,
        target: Status,
        *,
        only_from: Status | None = None,
        result: dict[str, Any] | None = None,
        error: dict[str, Any] | None = None,
    ) -> bool:
        """Move a job to a state; False where its state does not allow that."""
        allowed = [s for s in sources(target) if only_from in (None, s)]
        values: dict[str, Any] = {"status": target, "result": result, "error": error}
        if target == "running":
            values["started_at"] = now()
        elif target in FINAL:
            values["finished_at"] = now()
        with self._database.begin() as connection:
            moved = connection.execute(
                update(jobs).where(jobs.c.id == job_id, jobs.c.status.in_(allowed)).values(**values)
            )
            if moved.rowcount == 1:
                _append(connection, job_id, "status", {"status": target, "error": error})
            return moved.rowcount == 1

    def request_cancel(self, job_id: str) -> None:
        """Cancel a waiting job at once; ask a running one to stop."""
        waiting: tuple[Status, ...] = ("validating_files", "queued")
        if not any(self.move(job_id, "cancelled", only_from=status) for status in waiting):
            self.ask_to_end(job_id)

    def ask_to_end(self, job_id: str) -> None:
        """Note that a job shall be cancelled, for whoever runs it or will."""
        with self._database.begin() as connection:
            connection.execute(
                update(jobs)
                .where(jobs.c.id == job_id, jobs.c.status.not_in(FINAL))
                .values(cancel_requested=True)
            )

    def delete(self, job_id: str) -> bool:
        """Delete a finished job and its history; False where it is not finished."""
        with self._database.begin() as connection:
            gone = connection.execute(delete(jobs).where(jobs.c.id == job_id, jobs.c.status.in_(FINAL)))
            if gone.rowcount == 1:
                connection.execute(delete(events).where(events.c.job_id == job_id))
            return gone.rowcount == 1

    def append(self, job_id: str, kind: str, data: dict[str, Any]) -> None:
        """Add an event to a job's history."""
        with self._database.begin() as connection:
            _append(connection, job_id, kind, data)

    def events(self, job_id: str, after: int = 0, limit: int = 500) -> list[JobEvent]:
        """The history that follows an event, oldest first."""
        query = select(events).where(events.c.job_id == job_id, events.c.seq > after)
        with self._database.connect().execution_options(read_only=True) as connection:
            rows = connection.execute(query.order_by(events.c.seq).limit(limit))
            return [JobEvent(row.seq, row.kind, row.created_at, row.data) for row in rows]

    def latest(self, job_id: str, kinds: Sequence[str]) -> JobEvent | None:
        """The newest event of some kinds."""
        newest = select(func.max(events.c.seq)).where(events.c.job_id == job_id, events.c.kind.in_(kinds))
        query = select(events).where(events.c.job_id == job_id, events.c.seq == newest.scalar_subquery())
        with self._database.connect().execution_options(read_only=True) as connection:
            row = connection.execute(query).first()
        return JobEvent(row.seq, row.kind, row.created_at, row.data) if row else None

    def history(
        self, job_id: str, kinds: Sequence[str], before: int | None, limit: int
    ) -> tuple[list[JobEvent], bool]:
        """Events of some kinds, newest first, and whether there are older ones."""
        query = select(events).where(events.c.job_id == job_id, events.c.kind.in_(kinds))
        if before is not None:
            query = query.where(events.c.seq < before)
        with self._database.connect().execution_options(read_only=True) as connection:
            rows = connection.execute(query.order_by(events.c.seq.desc()).limit(limit + 1)).all()
        found = [JobEvent(row.seq, row.kind, row.created_at, row.data) for row in rows]
        return found[:limit], len(found) > limit

    def queued_at(self, job_id: str) -> int:
        """The number of the event that queued a job last; 0 before that."""
        queued = (events.c.kind == "status") & (events.c.data["status"].as_string() == "queued")
        with self._database.connect().execution_options(read_only=True) as connection:
            found = connection.scalar(select(func.max(events.c.seq)).where(events.c.job_id == job_id, queued))
        return found or 0

    def _one(self, *where: Any) -> Job | None:
        return next(iter(self._all(*where)), None)

    def _all(self, *where: Any) -> list[Job]:
        with self._database.connect().execution_options(read_only=True) as connection:
            rows = connection.execute(select(jobs).where(*where).order_by(jobs.c.position))
            return [_job(row) for row in rows]


def _twin(connection: Connection, new: NewJob, since: int) -> Job | None:
    same_key = jobs.c.idempotency_key == new.idempotency_key
    same_body = jobs.c.body_hash == new.body_hash
    recent = jobs.c.created_at > since
    alive = jobs.c.status.not_in(("failed", "cancelled"))
    either = or_(same_key, same_body & recent & alive) if new.idempotency_key else same_body & recent & alive
    order = (jobs.c.idempotency_key == new.idempotency_key).desc() if new.idempotency_key else jobs.c.position
    row = connection.execute(select(jobs).where(jobs.c.kind == new.kind, either).order_by(order)).first()
    if row is not None and new.idempotency_key == row.idempotency_key and row.body_hash != new.body_hash:
        raise KeyReused(
            "This Idempotency-Key came with another body before; send a new key, or the same body.",
            "Idempotency-Key",
        )
    return _job(row) if row else None


def _append(connection: Connection, job_id: str, kind: str, data: dict[str, Any]) -> None:
    last = connection.scalar(select(func.max(events.c.seq)).where(events.c.job_id == job_id)) or 0
    connection.execute(
        insert(events).values(job_id=job_id, seq=last + 1, created_at=now(), kind=kind, data=data)
    )


def _job(row: Row[Any]) -> Job:
    return Job(**{name: getattr(row, name) for name in COLUMNS})
