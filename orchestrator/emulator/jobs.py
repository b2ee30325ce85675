"""The API of version 3, of builds of 5.3: the same methods, and jobs for whoever will not wait.

Here every job is done as soon as it is accepted, and found until the node restarts. How a job
looks is not documented beyond its states and `result`.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import orjson
import trio
from attrs import define, field

from orchestrator.emulator.http import Answer, json_answer, lower
from orchestrator.emulator.identity import server_uuid
from orchestrator.emulator.node import Cause
from orchestrator.emulator.objects import Objects

PREFIX: Final = "/v3"
FIND: Final = "/v3/jobs/find"


@define(eq=False)
class Job:
    """One job, with the body that its call would have been answered with."""

    sort: ClassVar[str] = "job"
    plural: ClassVar[str] = "jobs"

    id: str
    path: str
    result: Any
    gone: trio.Event = field(factory=trio.Event)

    def detail(self) -> dict[str, Any]:
        """Return what the journal tells of it."""
        return {"path": self.path}


def is_wanted(headers: Mapping[str, str]) -> bool:
    """Return whether a caller would rather have a job than wait."""
    return "respond-async" in lower(headers).get("prefer", "")


def accepted(objects: Objects, path: str, answer: Answer, cause: Cause) -> Answer:
    """Return 202 and a job in place of an answer that went well."""
    if answer.status != 200:
        return answer
    result = orjson.loads(answer.body) if answer.body else None
    job = Job(server_uuid(objects.node.random), path, result)
    objects.came(job, cause)
    return json_answer({"id": job.id}, 202)


def found(objects: Objects, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the job of an id, or all of them without one."""
    id_ = fields.get("id")
    return [
        {"id": job.id, "state": "DONE", "result": job.result}
        for job in objects.of(Job).values()
        if id_ in {None, job.id}
    ]
