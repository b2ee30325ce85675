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
    """Which fields bodies have, and which of them are null."""
    error_form: ErrorForm = ErrorForm.SPRING
    """What the bodies of errors look like."""
    none_is_404: bool = True
    """A listing of nothing is 404; else it is [], or {} with `none_is_object`."""
    none_is_object: bool = False
    never_404: frozenset[str] = frozenset({"/pull/find_all"})
    """Listings that are 200 and empty even where all others are 404."""
    bare_object: bool = False
    """A listing of one is that one, without a list around it."""
    booleans_as_strings: bool = False
    """Answers say "true" and "false"."""
    wrong_verb_is_404: bool = False
    """A wrong verb is 404 instead of 405."""
    false_text_is_true: bool = False
    """A boolean that comes as text is true whatever the text says."""
    has_v3: bool = False
    """The methods are also there under /v3, which answers 202 to callers who prefer it."""
    allows_origins: bool = False
    """Answers carry the headers that let pages of other origins read them."""
    lacks: frozenset[str] = frozenset()
    """Beginnings of paths that this build does not have, like `/transcoder2/` or `/hls/`."""
    lacks_like_none: bool = False
    """What a build lacks is answered like an object that is not there, not by the container."""
    server_header: str = ""
    """What the header `Server` says; empty for none."""
    users: Mapping[str, str] = field(factory=dict)
    """Names and passwords for HTTP Basic; without any, everybody may do everything."""
    guards_statistics: bool = False
    """The statistics page asks for credentials too."""

    # Transponders.
    prefix: str = "rtmp_"
    """What a transponder is listed under begins with this."""
    checks_rtmp_url: bool = True
    """Fields that are missing or malformed are 400, as in newer builds, instead of 500."""
    unknown_hosts: frozenset[str] = frozenset()
    """Hosts whose names do not resolve."""
    unpublished: Unpublished = Unpublished.WAITS
    """What /push/startup does for a stream that nobody publishes."""
    finds_name: FindsName = FindsName.EITHER
    """Which name /push/find compares."""
    sound_files: frozenset[str] = frozenset({"sample.wav", "sound.wav"})
    """Sounds that there are; others are 404."""
    terminate_s: float = 0.2
    """For so long after the order to end it a thing is listed still."""
    source_end_s: float = 1.0
    """So long after the end of its stream ends what hangs on it."""
    rtmp_push_restore: bool = False
    """A transponder that has ended by itself comes back under another id; the name is inferred."""
    rtmp_push_restore_interval_s: float = 5.0
    """How long a transponder is gone before it comes back."""

    # Streams.
    tells_metrics: bool = True
    """/stream/find measures the media of streams when it is asked to; early builds do not."""
    empty_terminate_stops_all: bool = True
    """/stream/terminate without any key ends every stream."""

    # Recordings.
    has_recorder: bool = True
    """There is the group /recorder; without it /stream has methods for recording."""
    rotation_s: float = 0.0
    """A recording goes on in a new file after so long; 0 is never."""

    # Agents in general.
    start_s: float = 0.5
    """How long an agent takes from its start until it runs."""
    name_taken: NameTaken = NameTaken.CONFLICT
    """What a start does whose agent would publish under a name that is taken."""
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
    agents_on_demand: bool = True
    """Whoever plays a name like rtsp://… makes the node fetch it."""

    # Pulls, pushes to other servers, cameras.
    websocket_suffix: bool = True
    """A pull or push is listed with `/websocket` behind the uri that it was asked for."""
    pull_takes_rtmp: bool = True
    """/pull/pull takes rtmp:// too, as /pull/rtmp/pull does."""
    pull_terminate_of_none_is_404: bool = False
    """/pull/terminate minds that nothing fits."""
    rtsp_idle_s: float = 0.0
    """RTSP agents end after nobody has read them for so long; 0 is never."""
    names_captured: bool = True
    """What is fetched by RTMP or RTSP gets the name asked for; early builds name it by its uri."""
    heeds_loop: bool = True
    """/vod/startup heeds `loop`; early builds have but the setting `vod_live_loop`."""

    # Transcoders and VOD.
    transcoding_disabled: bool = False
    """Starting a transcoder is 500; mixers are exempt."""
    files_missing: frozenset[str] = frozenset()
    """Files that are not there; all others are."""
    file_missing: FileMissing = FileMissing.VANISHES
    """What /vod/startup does for a file that is not there."""
    vod_live_loop: bool = False
    """Every VOD loops, whether it was asked to or not."""
    vod_duration_s: float = 60.0
    """How long every file is."""
    vod_stream_timeout: float = 30.0
    """A VOD ends after nobody has watched it for so long; 0 is never."""

    # Mixers.
    mixer_idle_timeout: float = 60.0
    """A mixer ends after it has had no input for so long; the real default is not documented."""
    mixer_auto_start: bool = True
    """A stream published as user#room joins the mixer `room`, which comes by itself."""
    media_sessions_are_objects: bool = False
    """Inputs of a mixer are listed as objects with an id, instead of ids."""
    repeated_add_is_409: bool = False
    """Adding a stream to a mixer that it is in is 409 instead of 200."""

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
    """Every stream is offered by HLS from its beginning."""
    hls_manager_provider_timeout: float = 300.0
    """HLS that was begun by call ends after so long, unless somebody watches it."""
    hls_watched: frozenset[str] = frozenset()
    """Names of streams that somebody watches by HLS: ended by call, it begins again."""
    cdn_routes: Mapping[str, str] = field(factory=dict)
    """What /cdn/show_routes shows."""
    cdn_nodes: frozenset[str] = frozenset()
    """What /cdn/show_nodes shows."""

    # Node.
    renews_node_id: bool = False
    """A restart gives the node another id."""

    # Hooks.
    disable_rest_requests: bool = False
    """No hook is sent at all."""
    rest_request_timeout: float = 15.0
    """How long the reply to a hook is waited for; 0 is for ever."""
    request_retry_count: int = 3
    """How often a hook is tried again that could not be sent."""
    hook_connections: int = 16
    """How many hooks are under way at a time; others wait."""
    rest_hook_send_hash: bool = False
    """Hooks are signed."""
    rest_hook_secret_key: str = ""
    """What hooks are signed with."""
    keep_alive_streaming_sessions_enabled: bool = False
    """The backend is asked again and again whether streams may live on."""
    streaming_sessions_keep_alive_interval: float = 10.0
    """How often it is asked."""
    streaming_sessions_keep_alive_app_keys: frozenset[str] = frozenset({"defaultApp"})
    """For streams of which applications it is asked."""
