"""What people wanted at each position of the log: documents and orders, folded from its rows."""

from dataclasses import dataclass, field

ENDS = {
    "start": ("stop", "pause"),
    "resume": ("pause",),
    "restart": ("stop", "pause"),
    "adopt": ("forget",),
}


@dataclass
class Order:
    verb: str
    position: int
    until_ms: int = 0
    is_certain: bool = True


@dataclass
class Wishes:
    """`lost` says for (node, key) which entry took the line, and what the line was."""

    resources: dict = field(default_factory=dict)
    nodes: dict = field(default_factory=dict)
    retry: dict = field(default_factory=dict)
    orders: dict = field(default_factory=dict)
    pauses: dict = field(default_factory=dict)
    lost: dict = field(default_factory=dict)
    kept: dict = field(default_factory=dict)
    written: dict = field(default_factory=dict)
    restarted: dict = field(default_factory=dict)

    def wanted(self, node, key):
        """Return the line of a key that is wanted on a node, or None."""
        line = self.resources.get(key)
        is_wanted = line is not None and line["enabled"] and line["node"] == node
        return line if is_wanted else None

    def order(self, node, key, at_ms):
        """Return the order in force, or None; a pause of the node goes first."""
        for order in (self.pauses.get(node), self.orders.get(key)):
            if order is not None and order.is_certain and not 0 < order.until_ms <= at_ms:
                return order
        return None

    def is_observed(self, node, key):
        line = self.wanted(node, key)
        return "observe" in (self.nodes[node]["policy"], line["policy"] if line else "")

    def retry_of(self, node, key):
        line = self.wanted(node, key)
        return (line and line["retry"]) or self.retry

    def fold(self, row):
        """Take in one more row."""
        match row.type:
            case "ConfigurationLoaded":
                configuration = row.said["configuration"]
                self.nodes, self.retry = configuration["nodes"], configuration["retry"]
            case "StateLoaded":
                self._load(row)
            case "OperatorAsked":
                self._ask(row)
            case "Forgotten":
                key = row.said["key"]
                self.orders[key] = Order("forget", row.position)
                if key not in self.resources:
                    del self.orders[key]

    def _load(self, row):
        for item in row.said["items"]:
            key, old = item["key"], self.resources.get(item["key"])
            self.resources[key] = item
            self.written[key] = row.position
            was_wanted = old is not None and old["enabled"]
            if was_wanted and self.wanted(old["node"], key) is None:
                self.lost[old["node"], key] = (row, old)
            if item["enabled"]:
                self.lost.pop((item["node"], key), None)
        for key in row.said["removed"]:
            old = self.resources.pop(key, None)
            if old is not None and old["enabled"]:
                self.lost[old["node"], key] = (row, old)
                if old["onRemove"] == "keep":
                    self.kept[old["node"], key] = row.position
            order = self.orders.get(key)
            if order is not None and order.verb == "pause":
                order.is_certain = False  # it lasts as long as the thing is ours
            else:
                self.orders.pop(key, None)

    def _ask(self, row):
        verb, arguments = row.said["verb"], row.said["arguments"]
        for name in arguments.get("resources", ()):
            kind, _, rest = name.partition("/")
            orders, key = (self.pauses, rest) if kind == "node" else (self.orders, name)
            if verb in ("stop", "pause"):
                orders[key] = Order(verb, row.position, arguments.get("until", 0))
                orders[key].is_certain = kind == "node" or key in self.resources
            elif verb in ENDS and key in orders and orders[key].verb in ENDS[verb]:
                del orders[key]
            if verb == "restart":
                self.restarted[name] = row.position
