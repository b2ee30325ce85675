"""/recorder, /multipleRecorder and their elders under /stream (rest-api.md section 7)."""

from typing import Final

from orchestrator.web.methods.method import NONE, UNKNOWN, Method, takes

MEDIA: Final = takes("mediaSessionId!")
RECORD: Final = takes("mediaSessionId! config:object")
MEMBER: Final = takes("uri! mediaSessionId!")

METHODS: Final = (
    Method("/stream/startRecording", "record a stream (older builds)", RECORD, UNKNOWN),
    Method("/stream/stopRecording", "end a recording (older builds)", MEDIA, UNKNOWN),
    Method(
        "/recorder/startup",
        "record a stream; one that is recorded already is cut, and a new file begins",
        RECORD,
        UNKNOWN,
    ),
    Method("/recorder/find_all", "all recordings", (), NONE, is_reading=True),
    Method("/recorder/terminate", "end a recording", MEDIA, UNKNOWN),
    Method(
        "/multipleRecorder/startup",
        "begin a file of several streams (multi-recorder://NAME)",
        takes("uri!"),
        {409: "there is one with that uri already"},
    ),
    Method(
        "/multipleRecorder/add",
        "add a stream to a file of several",
        MEMBER,
        {404: "unknown file or stream", 409: "it is in it already"},
    ),
    Method("/multipleRecorder/remove", "take a stream out of a file of several", MEMBER, UNKNOWN),
    Method("/multipleRecorder/find_all", "all files of several streams", (), NONE, is_reading=True),
    Method("/multipleRecorder/terminate", "end a file of several streams", takes("uri!"), UNKNOWN),
)
