"""Streams that hooks or looks say are published; a stream never goes backwards."""

from collections import defaultdict
from fnmatch import fnmatchcase

ENDS = ("UNPUBLISHED", "STOPPED", "FAILED", "DISCONNECTED")
HEARD = ("StreamStatusEvent", "StreamKeepAliveEvent")


class Streams:
    """Node → id → (name, position since which it is known), folded from the log's rows."""

    def __init__(self):
        self.known = defaultdict(dict)
        self.ended = set()
        self.doubts = defaultdict(dict)

    def published(self, node, pattern):
        """Return whether a stream of that name, or like that pattern, is known."""
        return any(fnmatchcase(one, pattern) for one, _ in self.known[node].values())

    def fed(self, node, names, position):
        """Return whether a stream of one of these names is known since a position or longer."""
        known = self.known[node].values()
        return any(name in names and since <= position for name, since in known)

    def fold(self, row):
        known = self.known[row.node]
        if row.type == "HookReceived" and row.said["method"] in HEARD:
            body = row.said["body"]
            id_, status = body.get("mediaSessionId"), body.get("status")
            is_published = str(body.get("published", True)).lower() == "true"
            if status in ENDS:
                self.ended.add((row.node, id_))
                known.pop(id_, None)
            elif status == "PUBLISHING" and is_published and (row.node, id_) not in self.ended:
                known.setdefault(id_, (body["name"], row.position))
        elif row.type == "Looked" and row.said["kind"] == "stream":
            for id_ in row.said["vanished"]:
                known.pop(id_, None)
            for seen in (*row.said["appeared"], *row.said["changed"]):
                since = known.get(seen["id"], ("", row.position))[1]
                known[seen["id"]] = (seen["fields"]["name"], since)
        elif row.type == "NodeRestarted":
            doubts = self.doubts.pop(row.node, {})
            first = min(doubts.values(), default=row.position)
            for id_ in [id_ for id_, (_, since) in known.items() if since <= first]:
                del known[id_]  # what came after the first doubt belongs to its new life
        if row.type == "Looked" and row.said["doubted"]:
            self.doubts[row.node][row.said["kind"]] = row.position
        elif row.type == "Looked":
            self.doubts[row.node].pop(row.said["kind"], None)
