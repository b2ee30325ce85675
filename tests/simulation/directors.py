"""Directors: people who declare every kind, one line to a file, so that no line moves another.

What a line is called, and which stream it publishes, follows from its slot: (section, number). So
no two lines publish one name on a node, and none reads what comes of it: sources are `in`, `slate`
and `talk`, mixers read these, transcoders read both, and the rest reads all.
"""

import orjson
from attrs import define, field

from orchestrator.core.resource import Key
from tests.simulation.climate import STREAMS, TARGETS
from tests.simulation.people import People

KINDS = {
    "pulls": "pull", "vods": "vod", "calls": "call", "mixers": "mixer",
    "transcoders": "transcoder", "injections": "injection", "transponders": "transponder",
    "webrtcPushes": "webrtcPush", "recordings": "recording",
}  # fmt: skip
SLOTS = (
    *(("pulls", number) for number in (0, 1, 0, 1, 2)),
    *(("mixers", number) for number in (0, 0, 1)),
    *(("transcoders", number) for number in (0, 0, 1)),
    *(("vods", number) for number in (0, 0, 1)),
    *(("calls", number) for number in (0, 1)),
    *(("injections", number) for number in (0, 1)),
    *(("webrtcPushes", number) for number in (0, 1)),
    *(("transponders", number) for number in range(4)),
    *(("recordings", number) for number in range(2)),
)
PUBLISHING = ("pulls", "vods", "calls", "mixers", "transcoders")
SOURCES = ("a", "b", "in0", "in1", "slate0", "talk0")
READABLE = (*STREAMS, "in0", "in0", "in1", "slate0", "mix0", "mix0", "mix1", "small0", "small1")


@define(eq=False)
class Directors(People):
    """Everybody who tells the daemon of a studio what to do."""

    lines: dict = field(factory=dict)
    names: dict = field(factory=dict)
    moved: dict = field(factory=dict)
    garbled: str = ""

    def keys(self):
        """Return the keys of what is declared now."""
        return sorted(Key(KINDS[slot[0]], self.name(slot)) for slot in self.lines)

    def name(self, slot):
        return self.names.setdefault(slot, f"{slot[0][0]}{slot[1]}")

    def load(self):
        """Write every line to its file, and have them read."""
        texts = self.stage.texts
        texts.clear()
        for slot in sorted(self.lines):
            section, file = slot[0], f"state/{slot[0]}-{slot[1]}.yaml"
            said = {section: {self.name(slot): self.lines[slot]}}
            if slot in self.moved:
                said = {"moved": self.moved[slot], **said}
            texts[file] = orjson.dumps(said, option=orjson.OPT_INDENT_2).decode()
        if self.garbled in texts:
            texts[self.garbled] = texts[self.garbled][:-4]
        super().load()

    def garble(self):
        """Leave a document half written."""
        self.garbled = self.draw.choice(sorted(self.stage.texts) or [""])
        self.fired["document garbled"] += 1
        self.load()

    def mend(self):
        """Write it whole again."""
        self.garbled = ""
        self.load()

    def purge(self):
        """Take a few lines away at once."""
        slots = sorted(self.lines)
        for slot in self.draw.sample(slots, min(len(slots), self.draw.choice((1, 2, 4, 8)))):
            self._remove(slot)
        self.fired["purge"] += 1
        self.load()

    def rename(self):
        """Give a line or two another name, and say so."""
        slots = sorted(self.lines)
        for slot in self.draw.sample(slots, min(len(slots), self.draw.choice((1, 2)))):
            old = self.name(slot)
            new = self.names[slot] = f"{old}x"
            kind = KINDS[slot[0]]
            self.moved[slot] = {**self.moved.get(slot, {}), f"{kind}/{old}": f"{kind}/{new}"}
            self.fired["rename"] += 1
        self.load()

    def take_chain(self):
        """Take a line away that publishes a stream, and with it all that read that stream."""
        chains = [(slot, self._readers(slot)) for slot in sorted(self.lines)]
        chains = [(slot, readers) for slot, readers in chains if readers]
        if chains:
            slot, readers = self.draw.choice(chains)
            for one in (slot, *readers):
                self._remove(one)
            self.fired["chain taken"] += 1
            self.load()

    def _readers(self, slot):
        """Return the slots of lines that read what a line publishes on its node."""
        line = self.lines[slot]
        name = line.get("toStream") or line.get("localStreamName")
        if slot[0] not in PUBLISHING or not name:
            return []
        return [
            other
            for other, one in sorted(self.lines.items())
            if other != slot
            and one["node"] == line["node"]
            and f'"{name}"' in str(orjson.dumps(one))
        ]

    def _remove(self, slot):
        del self.lines[slot]
        self.moved.pop(slot, None)

    def _edit_line(self):
        slots = sorted(self.lines)
        if slots and self.draw.random() < 0.12:
            self._remove(self.draw.choice(slots))
        elif slots and self.draw.random() < 0.25:
            slot = self.draw.choice(slots)
            kept = {name: value for name, value in self.lines[slot].items() if name not in COMMON}
            self.lines[slot] = {**kept, "node": self.lines[slot]["node"], **self._behaviour()}
        else:
            slot, node = self.draw.choice(SLOTS), self.draw.choice(self.stage.node_names)
            if slot in self.lines and self.draw.random() < 0.7:
                node = self.lines[slot]["node"]
            fields = WRITE[slot[0]](self, slot[1], node)
            line = {"node": node, **fields, **self._behaviour()}
            if not self._is_taken(slot, line):
                self.lines[slot] = line

    def _behaviour(self):
        """Return the common fields of a line, those that say something only."""
        draw = self.draw
        said = {
            "policy": draw.choice(("manage",) * 7 + ("observe",)),
            "protect": draw.random() < 0.07,
            "enabled": draw.random() < 0.93,
            "onRemove": draw.choice(("terminate",) * 5 + ("keep",)),
        }
        change = draw.choice((None,) * 5 + ("replace", "hold"))
        retry = draw.choice((None,) * 5 + ({"first": "5s", "parkAfter": 3},))
        more = {"onChange": change, "retry": retry}
        return {**said, **{name: value for name, value in more.items() if value is not None}}

    def _is_taken(self, slot, line):
        """Return whether another line has what only one may have."""
        section, unique = slot[0], UNIQUE.get(slot[0], ())
        others = [one for other, one in self.lines.items() if other[0] == section and other != slot]
        return bool(unique) and any(
            all(one[name] == line[name] for name in unique) for one in others
        )

    def pull(self, number, node):
        others = [one for one in self.stage.node_names if one != node]
        form = self.draw.choice(("rtmp", "rtsp", "far", "edge", "edge"))
        local = {"localStreamName": f"in{number}"}
        match form:
            case "rtmp":
                return {"uri": f"rtmp://encoder{number}.lan/live", **local}
            case "rtsp":
                return {"uri": f"rtsp://10.0.0.{number}/main", **local}
            case "far":
                uri = f"ws://far{number}.lan:8080"
                return {"uri": uri, "remoteStreamName": f"far{number}", **local}
        remote = self.draw.choice(("a", "b", "slate0", "talk0"))
        return {"from": self.draw.choice(others), "remoteStreamName": remote, **local}

    def mixer(self, number, _node):
        draw, inputs = self.draw, []
        for name in draw.sample(SOURCES, draw.choice((1, 2, 3))):
            one = {"streamName": name}
            if draw.random() < 0.2:
                one["required"] = True
            if draw.random() < 0.3:
                one["audioLevel"] = draw.choice((0, 50, 80))
            if draw.random() < 0.2:
                one["streamLabel"] = draw.choice(("left", "right"))
            inputs.append(one)
        if draw.random() < 0.4:
            inputs.append(
                {"streams": draw.choice(("in*", "t*", "sl*")), "max": draw.choice((1, 2))}
            )
        fields = {"localStreamName": f"mix{number}", "inputs": inputs}
        if draw.random() < 0.6:
            fields["parameters"] = {"mixerVideoWidth": draw.choice((640, 800))}
        return fields

    def transcoder(self, number, _node):
        remote = self.draw.choice(("a", "b", "in0", "mix0", "mix1"))
        size = self.draw.choice(({}, {"width": 640, "height": 360}, {"width": 320, "bitrate": 90}))
        scheme = self.draw.choice(("", "transcoder2://"))
        uri = {"uri": f"{scheme}small{number}"} if scheme else {}
        size = {**size, **({"audioBitrate": 64} if scheme else {})}
        local = f"small{number}"
        return {"remoteStreamName": remote, "localStreamName": local, "encoder": size, **uri}

    def vod(self, number, _node):
        return {
            "uri": f"vod-live://clip{self.draw.choice((0, 0, 1))}.mp4",
            "localStreamName": f"slate{number}",
            "loop": self.draw.random() < 0.5,
            "keep": self.draw.choice(("always", "whileUsed")),
        }

    def call(self, number, _node):
        fields = {
            "callee": self.draw.choice(("1001", "1001", "1001", "1002", "1003", "1004")),
            "sipLogin": "100",
            "sipDomain": "sip.lan",
            "redial": self.draw.choice(("never", "never", "dropped", "always")),
        }
        return {**fields, **({"toStream": f"talk{number}"} if number == 0 else {})}

    def injection(self, _number, _node):
        covering = self.draw.choice(("c", "d", "slate0", "vod-live://ad.mp4"))
        return {"localStreamName": self.draw.choice(("a", "b")), "remoteStreamName": covering}

    def push(self, number, _node):
        local, remote = self.draw.choice(READABLE), self.draw.choice(("x", "y"))
        uri = f"ws://partner{number}.lan:8080"
        return {"uri": uri, "localStreamName": local, "remoteStreamName": remote}

    def transponder(self, _number, _node):
        name, url = self.draw.choice(READABLE), self.draw.choice(TARGETS)
        return {"streamName": name, "rtmpUrl": url, "muted": self.draw.random() < 0.3}

    def recording(self, _number, _node):
        template = self.draw.choice(({}, {}, {"fileTemplate": "{streamName}"}))
        return {"streamName": self.draw.choice(READABLE), **template}

    acts = (*People.acts, rename, take_chain)


COMMON = ("policy", "protect", "enabled", "onRemove", "onChange", "retry")
WRITE = {
    "pulls": Directors.pull,
    "vods": Directors.vod,
    "calls": Directors.call,
    "mixers": Directors.mixer,
    "transcoders": Directors.transcoder,
    "injections": Directors.injection,
    "transponders": Directors.transponder,
    "webrtcPushes": Directors.push,
    "recordings": Directors.recording,
}

UNIQUE = {
    "transponders": ("streamName", "rtmpUrl"),
    "recordings": ("node", "streamName"),
    "injections": ("node", "localStreamName"),
}
"""What no two lines of a section may share; in others slots see to that."""
