"""The page /?action=stat: counters of the node, as text or as JSON, all groups or some."""

from collections.abc import Mapping

from orchestrator.emulator.agent import Agent
from orchestrator.emulator.http import Answer, json_answer, text_answer
from orchestrator.emulator.media import Media
from orchestrator.emulator.things import Made, Provider, Stream

TITLES = {
    "connections_stats": "Connection Stats",
    "streams_stats": "Stream Stats",
    "port_stats": "Port Info",
    "native_resources": "Native resources",
    "core_stats": "Core stats",
    "system_stats": "System Stats",
}


def page(media: Media, query: Mapping[str, str]) -> Answer:
    """Return the page; `format=json` and `groups=a,b` are known, anything else is ignored."""
    named = [name for name in query.get("groups", "").split(",") if name]
    groups = {name: values for name, values in counted(media).items() if not named or name in named}
    if query.get("format") == "json":
        return json_answer(groups)
    lines = []
    for name, values in groups.items():
        lines.append(f"-----{TITLES[name]}-----")
        lines.extend(f"{key}={value}" for key, value in values.items())
    return text_answer("\n".join(lines) + "\n")


def counted(media: Media) -> dict[str, dict[str, int | str]]:
    """Return every group with its counters."""
    objects, hooks = media.objects, media.hooks
    live = [one for one in objects.streams.values() if one.live]
    providers = [one.provider for one in objects.connections.values()]
    agents = len(objects.transponders) + len(objects.of(Agent))
    available = media.node.settings.hook_connections - hooks.leased
    return {
        "connections_stats": {
            "connections": len(providers),
            "connections_rtmfp": 0,
            "connections_websocket": providers.count(Provider.WEBRTC),
        },
        "streams_stats": {
            "streams_webrtc_in": count(live, Provider.WEBRTC, published=True),
            "streams_webrtc_out": count(live, Provider.WEBRTC, published=False),
            "streams_rtmp_in": count(live, Provider.RTMP, published=True),
            "streams_rtmp_out": count(live, Provider.RTMP, published=False)
            + sum(1 for one in objects.transponders.values() if one.fed_by),
            "streams_rtsp_in": sum(1 for one in live if one.connection.provider is Made.RTSP),
            "streams_rtsp_out": 0,
            "streams_viewers": viewers(live),
        },
        "port_stats": {
            "ports_media_free": 499,
            "ports_media_busy": len(live),
            "ports_wcs_agents_free": 998 - agents,
            "ports_wcs_agents_busy": agents,
            "ports_rest_api_leased": hooks.leased,
            "ports_rest_api_available": available,
            "ports_rest_api_pending": hooks.pending,
        },
        "native_resources": {"native_resources": len(live)},
        "core_stats": {"core_threads": 97, "core_java_threads": 61},
        "system_stats": {"system_java_cpu_usage": 3, "system_memory_total": 8_000_000_000},
    }


def count(live: list[Stream], provider: Provider, *, published: bool) -> int:
    """Return how many streams go that way by that means."""
    fits = [one for one in live if one.connection.provider is provider]
    return sum(1 for one in fits if one.published is published)


def viewers(live: list[Stream]) -> str:
    """Return `name/COUNT;name/COUNT` of all streams that are watched."""
    names = [one.name for one in live if not one.published]
    return ";".join(f"{name}/{names.count(name)}" for name in dict.fromkeys(names))
