"""eventsourcing's SQLite recorder with its JSON mapper: append in groups, or append and replay.

`python -m bench.peers.eventsourcing_log FOLDER append GROUP GROUPS` prints events a second;
It sets WAL itself, and SQLite syncs in full unless told otherwise.
`… replay GROUP GROUPS` prints how fast they come back as domain events, folded by a function.
"""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import DatetimeAsISO, DecimalAsStr, JSONTranscoder, Mapper, UUIDAsHex
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

BODY = {
    "nodeId": "n@10.0.0.1", "appKey": "defaultApp", "sessionId": "/10.0.0.2:1", "info": "x" * 700,
    "mediaSessionId": "m-1", "name": "guest-1", "published": True, "status": "PENDING",
}  # fmt: skip


@dataclass(frozen=True)
class HookReceived(DomainEvent):
    node: str
    method: str
    body: dict


def main(folder, what, group, groups):
    datastore = SQLiteDatastore(str(Path(folder) / "events.sqlite"))
    recorder = SQLiteApplicationRecorder(datastore)
    recorder.create_table()
    transcoder = JSONTranscoder()
    for one in (UUIDAsHex(), DatetimeAsISO(), DecimalAsStr()):
        transcoder.register(one)
    mapper = Mapper(transcoder=transcoder)
    aggregate, version = uuid4(), 0
    began = time.perf_counter()
    for _ in range(groups):
        stored = []
        for _ in range(group):
            version += 1
            event = HookReceived(
                originator_id=aggregate, originator_version=version,
                timestamp=HookReceived.create_timestamp(), node="wcs1",
                method="StreamStatusEvent", body=BODY,
            )  # fmt: skip
            stored.append(mapper.to_stored_event(event))
        recorder.insert_events(stored)
    took = time.perf_counter() - began
    if what == "replay":
        began, count, names = time.perf_counter(), 0, {}
        start = 1
        while True:
            page = recorder.select_notifications(start=start, limit=5_000)
            for notification in page:
                event = mapper.to_domain_event(notification)
                names[event.body["name"]] = event.originator_version
                count += 1
            if len(page) < 5_000:
                break
            start = page[-1].id + 1
        took = time.perf_counter() - began
        assert count == group * groups
    print(json.dumps({"per_s": group * groups / took}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
