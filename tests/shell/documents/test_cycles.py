"""Random graphs of what reads what: each cycle is refused offline, with its path. (T27)"""

import re
from itertools import pairwise

from orchestrator.core.configuration import Configuration, Node
from orchestrator.core.mapping import Map
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.cycle import cycles
from orchestrator.shell.documents.resource import FileReader
from tests.daemon.graphs import NODES, graph

GRAPHS = 1_500
PATH = re.compile(r"these wait for each other for ever: (.*); end the cycle")
CONFIGURATION = Configuration(nodes=Map({name: Node(ws=f"ws://{name}:8080") for name in NODES}))


def test_t27_a_cycle_of_a_random_graph_is_refused_offline_with_its_path(vault, tmp_path, figure):
    cyclic = paths = 0
    for seed in range(GRAPHS):
        drawn = graph(seed, has_cycles=seed % 4 > 0)
        text, lines = drawn.text()
        reader = FileReader("a.yaml", tmp_path, CONFIGURATION, vault, KINDS, vault.resolved)
        claims = reader.claims(text.encode())
        assert reader.faults.ordered == (), seed
        faults = cycles([claim.resource for claim in claims], CONFIGURATION, KINDS)
        assert bool(faults) == drawn.is_cyclic(), seed
        for fault in faults:
            path = PATH.fullmatch(fault.message)[1].split(" → ")
            names = [key.partition("/")[2] for key in path]
            steps = pairwise(names)
            assert all(read in drawn.things[name].reads for name, read in steps), seed
            assert (names[0], len(set(names))) == (names[-1], len(names) - 1), seed
            assert fault.line == max(lines[key] for key in path), seed
        cyclic, paths = cyclic + bool(faults), paths + len(faults)
    figure(f"T27: {GRAPHS} graphs, {cyclic} of them cyclic and refused with {paths} right paths")
