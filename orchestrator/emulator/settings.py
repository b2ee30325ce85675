"""How one build of the server behaves, as switches: what the documents leave open is a switch.

Names say what the node does when the switch is on. Durations are in seconds.
"""

from collections.abc import Mapping
from enum import StrEnum

from attrs import field, frozen


class Generation(StrEnum):
    """Which builds the bodies look like."""

    Y2017 = "2017"
    Y2021 = "2021"
    Y2022 = "2022"


class ErrorForm(StrEnum):
    """What the body of an error looks like; no document shows one."""

    SPRING = "spring"
    REASON = "reason"
    MESSAGE = "message"
    TEXT = "text"
    EMPTY = "empty"
    HTML = "html"


class Unpublished(StrEnum):
    """What /push/startup does for a stream that nobody publishes."""

    WAITS = "waits"
    NOT_FOUND = "404"
    ERROR = "500"


class NameTaken(StrEnum):
    """What a start does whose agent would publish under a name that is published already.

    Which key makes a second pull, VOD or the like 409 is not documented but for uris.
    """

    CONFLICT = "409"
    ERROR = "500"
    VANISHES = "vanishes"


class FileMissing(StrEnum):
    """What a start does whose file is not there; no document says."""

    VANISHES = "vanishes"
    NOT_FOUND = "404"
    ERROR = "500"


class FindsName(StrEnum):
    """Which name /push/find compares: the one asked for, the one listed, or either."""

    PLAIN = "plain"
    PREFIXED = "prefixed"
    EITHER = "either"


@frozen
class Settings:
    """All switches of a build; the defaults are those of a recent 5.2."""

    # Answers.
    generation: Generation = Generation.Y2022
    error_form: ErrorForm = ErrorForm.SPRING
    none_is_404: bool = True
    """A listing of nothing is 404; else it is [], or {} with `none_is_object`."""
    none_is_object: bool = False
    never_404: frozenset[str] = frozenset({"/pull/find_all"})
    """Listings that are 200 and empty even where all others are 404."""
    bare_object: bool = False
    """A listing of one is that one, without a list around it."""
    booleans_as_strings: bool = False
    wrong_verb_is_404: bool = False
    false_text_is_true: bool = False
    """A boolean that comes as text is true whatever the text says."""
    allows_origins: bool = False
    """Answers carry the headers that let pages of other origins read them."""
    lacks: frozenset[str] = frozenset()
    """Beginnings of paths that this build does not have, like `/transcoder2/` or `/hls/`."""
    lacks_like_none: bool = False
    """What a build lacks is answered like an object that is not there, not by the container."""
    server_header: str = ""
    users: Mapping[str, str] = field(factory=dict)
    guards_statistics: bool = False

    # Transponders.
    prefix: str = "rtmp_"
    checks_rtmp_url: bool = True
    unknown_hosts: frozenset[str] = frozenset()
    unpublished: Unpublished = Unpublished.WAITS
    finds_name: FindsName = FindsName.EITHER
    sound_files: frozenset[str] = frozenset({"sample.wav", "sound.wav"})
    terminate_s: float = 0.2
    """For so long after the order to end it a thing is listed still."""
    source_end_s: float = 1.0
    """So long after the end of its stream ends what hangs on it."""
    rtmp_push_restore: bool = False
    """A transponder that has ended by itself comes back under another id. The names of these
    settings are inferred."""
    rtmp_push_restore_interval_s: float = 5.0

    # Streams.
    empty_terminate_stops_all: bool = True

    # Recordings.
    has_recorder: bool = True
    rotation_s: float = 0.0

    # Agents in general.
    start_s: float = 0.5
    name_taken: NameTaken = NameTaken.CONFLICT
    source_missing: Unpublished = Unpublished.ERROR
    """What a start does that reads a stream of this node which is not published."""
    agent_ends_with_stream: bool = True
    """An agent whose stream is ended by /stream/terminate ends with it."""
    agent_lingers_s: float = 0.0
    """For so long an agent that has ended is listed, as STOPPED or FAILED."""
    agent_ports: int = 998
    """So many agents can be at a time; starting one more is 500."""
    hooked_agents: frozenset[str] = frozenset({"mixer", "vod"})
    """Sorts of agents whose streams are told of by hooks; of others no document says so."""

    empty_agent_terminate_ends_all: bool = True
    """Where /terminate is a filter, one without any key ends all of the group."""
    websocket_suffix: bool = True
    """A pull or push is listed with `/websocket` behind the uri that it was asked for."""
    pull_takes_rtmp: bool = True
    """/pull/pull takes rtmp:// too, as /pull/rtmp/pull does."""
    pull_terminate_of_none_is_404: bool = False
    rtsp_idle_s: float = 0.0
    """RTSP agents end after nobody has read them for so long; 0 is never."""
    names_captured: bool = True
    """What is fetched by RTMP or RTSP gets the name asked for; early builds name it by its uri."""
    heeds_loop: bool = True
    """/vod/startup heeds `loop`; early builds have but the setting `vod_live_loop`."""
    agents_on_demand: bool = True
    """Whoever plays a name like rtsp://… makes the node fetch it."""

    # Transcoders and VOD.
    transcoding_disabled: bool = False
    files_missing: frozenset[str] = frozenset()
    file_missing: FileMissing = FileMissing.VANISHES
    vod_live_loop: bool = False
    vod_duration_s: float = 60.0
    vod_stream_timeout: float = 30.0
    """A VOD ends after nobody has watched it for so long; 0 is never."""

    # Mixers.
    mixer_idle_timeout: float = 60.0
    """A mixer ends after it has had no input for so long; the real default is not documented."""
    mixer_auto_start: bool = True
    """A stream published as user#room joins the mixer `room`, which comes by itself."""
    media_sessions_are_objects: bool = False
    repeated_add_is_409: bool = False

    # Calls.
    callees: Mapping[str, str] = field(factory=dict)
    """What comes of calling somebody: BUSY, FAILED, or RING for ever; others answer."""
    call_step_s: float = 0.5
    """How long a call is in each status on its way to ESTABLISHED."""
    call_ring_s: float = 60.0
    """After ringing for so long a call has failed."""
    call_lingers_s: float = 0.5
    """For so long a call that has ended is listed with the word for its end."""
    rtmp_url_makes_call_409: bool = False
    """A second call to the same rtmpUrl is 409 although its rtmpStream differs."""
    call_answers_object: bool = False
    """/call/startup answers {} instead of nothing."""

    # HLS and CDN.
    hls_auto_start: bool = False
    hls_manager_provider_timeout: float = 300.0
    """HLS that was begun by call ends after so long, unless somebody watches it."""
    hls_watched: frozenset[str] = frozenset()
    """Names of streams that somebody watches by HLS: ended by call, it begins again."""
    cdn_routes: Mapping[str, str] = field(factory=dict)
    cdn_nodes: frozenset[str] = frozenset()

    # Node.
    renews_node_id: bool = False

    # Hooks.
    disable_rest_requests: bool = False
    rest_request_timeout: float = 15.0
    request_retry_count: int = 3
    hook_connections: int = 16
    rest_hook_send_hash: bool = False
    rest_hook_secret_key: str = ""
    keep_alive_streaming_sessions_enabled: bool = False
    streaming_sessions_keep_alive_interval: float = 10.0
    streaming_sessions_keep_alive_app_keys: frozenset[str] = frozenset({"defaultApp"})
