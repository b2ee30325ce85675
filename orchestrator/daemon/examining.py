"""Examining a node: every list, a page and a few wrong questions; nothing that changes anything."""

from collections.abc import Iterable

from attrs import evolve

from orchestrator.core.json import JsonObject
from orchestrator.core.mapping import Map
from orchestrator.core.rest import RestCall, RestReply
from orchestrator.errors import NodeUnreachable, OutcomeUnknown, SecretMissing
from orchestrator.shell.wcs import NodeClient
from orchestrator.web.examined import NOTHING, NOWHERE, STREAMS, Examined

NOBODY: JsonObject = Map({"streamName": "~nobody", "rtmpUrl": "rtmp://nobody.invalid/live"})


async def examined(
    seen: Examined, paths: Iterable[str], client: NodeClient, stranger: NodeClient
) -> Examined:
    """Return what a node answers to us, and to a stranger, who has no credentials."""
    try:
        replies = {STREAMS: await client.look(RestCall(STREAMS))}
        if replies[STREAMS].status == 401:
            return evolve(seen, replies=Map(replies))
        for path in sorted({*paths, NOWHERE} - {STREAMS}):
            replies[path] = await client.look(RestCall(path))
        replies[NOTHING] = await client.look(RestCall(NOTHING, NOBODY))
        open_ = await stranger.look(RestCall(STREAMS))
    except (NodeUnreachable, OutcomeUnknown, SecretMissing) as error:
        return evolve(seen, error=str(error))
    page = await _page(client)
    return evolve(seen, replies=Map(replies), open=open_, statistics=page)


async def _page(client: NodeClient) -> RestReply | None:
    try:
        return await client.statistics_page()
    except (NodeUnreachable, OutcomeUnknown):
        return None
