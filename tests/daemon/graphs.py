"""Graphs by seed: things that read what others make, on two nodes, with cycles or without."""

from random import Random

from attrs import field, frozen

SECTIONS = {
    "pull": "pulls",
    "mixer": "mixers",
    "transcoder": "transcoders",
    "transponder": "transponders",
}
NODES = ("wcs1", "wcs2")


@frozen
class Thing:
    """One thing to declare; the stream that it makes is called like it."""

    kind: str
    name: str
    node: str
    reads: tuple = ()  # of things, by name
    required: frozenset = frozenset()  # those of them without which it is not made
    origin: str = ""  # the node that it pulls from

    @property
    def key(self):
        return f"{self.kind}/{self.name}"

    @property
    def uri(self):
        return f"{'rtmp' if self.kind == 'pull' else self.kind}://{self.name}"

    def line(self):
        """Return its specification as people write it."""
        match self.kind:
            case "mixer":
                inputs = ", ".join(
                    f"{{streamName: {one}, required: {str(one in self.required).lower()}}}"
                    for one in self.reads
                )
                return f"{{localStreamName: {self.name}, uri: {self.uri}, inputs: [{inputs}]}}"
            case "transcoder":
                (read,) = self.reads
                names = f"remoteStreamName: {read}, localStreamName: {self.name}"
                return f"{{{names}, uri: {self.uri}}}"
            case "transponder":
                (read,) = self.reads
                return f"{{streamName: {read}, rtmpUrl: rtmp://out.lan/{self.name}}}"
            case _ if self.origin:
                (read,) = self.reads
                names = f"remoteStreamName: {read}, localStreamName: {self.name}"
                return f"{{from: {self.origin}, {names}}}"
            case _:
                return f"{{uri: {self.uri}, localStreamName: {self.name}}}"


@frozen
class Graph:
    """Things by name, in the order of their lines."""

    things: dict = field(factory=dict)

    def text(self):
        """Return them as a state file of one line each, and the number of each one's line."""
        rows, lines = [], {}
        for kind, section in SECTIONS.items():
            those = [one for one in self.things.values() if one.kind == kind]
            rows += [f"{section}:"] * bool(those)
            for one in those:
                rows.append(f"  {one.name}: {one.line()[:-1]}, node: {one.node}}}")
                lines[one.key] = len(rows)
        return "\n".join((*rows, "")), lines

    def readers(self, name):
        return [one for one in self.things.values() if name in one.reads]

    def blocked(self, failing):
        """Return the names of what cannot be made while these fail: they, and their dependants."""
        found = set(failing)
        while True:
            more = self.lacking(found) - found
            if not more:
                return found
            found |= more

    def lacking(self, absent):
        """Return the names of what has to wait while these are not there."""
        return {one.name for one in self.things.values() if _lacks(one, absent)}

    def reachable(self, name):
        """Return the names of all that a thing reads, itself or through others."""
        found, open_ends = set(), [name]
        while open_ends:
            new = set(self.things[open_ends.pop()].reads) - found
            found |= new
            open_ends += new
        return found

    def is_cyclic(self):
        return any(name in self.reachable(name) for name in self.things)


def _lacks(thing, absent):
    if thing.required:
        return bool(thing.required & absent)
    return bool(thing.reads) and set(thing.reads) <= absent


def graph(seed, *, has_cycles=False, most=12):
    """Return the graph of a seed; without cycles things read only what stands above them."""
    draw = Random(f"graph {seed}")
    names = [f"t{number}" for number in range(draw.randrange(2, most + 1))]
    kinds = {name: draw.choice(("pull", "mixer", "mixer", "transcoder")) for name in names}
    kinds |= {name: "transponder" for name in names[1:] if draw.random() < 0.2}
    nodes = {name: draw.choice(("wcs1", "wcs1", "wcs2")) for name in names}
    things = {}
    for number, name in enumerate(names):
        others = names if has_cycles else names[:number]
        others = [one for one in others if one != name and kinds[one] != "transponder"]
        things[name] = _thing(draw, kinds, nodes, name, others)
    return Graph(things)


def _thing(draw, kinds, nodes, name, others):
    kind, node = kinds[name], nodes[name]
    near = [one for one in others if nodes[one] == node]
    far = [one for one in others if nodes[one] != node]
    if kind == "pull" and far and draw.random() < 0.7:
        one = draw.choice(far)
        return Thing("pull", name, node, (one,), frozenset({one}), nodes[one])
    if kind == "pull" or not near:
        kinds[name] = "pull"
        return Thing("pull", name, node)
    if kind == "mixer":
        reads = tuple(draw.sample(near, min(len(near), draw.choice((1, 2, 3)))))
        return Thing(kind, name, node, reads, frozenset(draw.sample(reads, draw.choice((0, 1)))))
    one = draw.choice(near)
    return Thing(kind, name, node, (one,), frozenset({one}))
