"""/connection, /data and /logger: the clients of a node (rest-api.md section 12)."""

from typing import Final

from orchestrator.web.methods.method import NONE, UNKNOWN, Method, takes

SESSION: Final = takes("sessionId!")
LEVEL: Final = takes("sessionId! logLevel!")

METHODS: Final = (
    Method("/connection/find_all", "all clients", (), NONE, is_reading=True),
    Method(
        "/connection/find",
        "clients that fit",
        takes("appKey sessionId clientVersion"),
        NONE,
        is_reading=True,
    ),
    Method("/connection/terminate", "disconnect a client", SESSION, UNKNOWN),
    Method("/connection/set_log_level", "set what a client logs (older)", LEVEL, UNKNOWN),
    Method(
        "/data/send",
        "send data to a client, or with sessionIds to several",
        takes("nodeId sessionId sessionIds:list operationId! payload!:object"),
        {404: "no such client"},
    ),
    Method("/logger/enable_client_log", "set what a client logs", LEVEL, UNKNOWN),
    Method("/logger/disable_client_log", "end what a client logs", SESSION, UNKNOWN),
)
