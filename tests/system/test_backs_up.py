"""A backup beside a daemon that takes 200 hooks a second. (T37)"""

import threading

import pytest

from orchestrator.shell.log.read import verify
from tests.system.system import eventually
from tests.system.test_survives_kills import PER_S, SENDERS, Sender


@pytest.mark.slow
def test_t37_a_backup_at_200_hooks_a_second_verifies_and_holds_all_up_to_its_start(system, figure):
    system.configure(log={"path": "log", "segment": "256KiB"})
    system.run()
    ended = threading.Event()
    senders = [Sender(system, index, ended) for index in range(SENDERS)]
    for sender in senders:
        sender.start()
    try:
        eventually(lambda: len(list(system.log.glob("*.sqlite"))) > 1, 30)
        heads = []
        for number in range(3):
            at_start = system.position()
            code, out, err = system.command("log", "backup", f"copy-{number}")
            assert code == 0, err
            copied = verify(system.folder / f"copy-{number}")
            assert f"{copied.entries} entries in copy-{number} verify" in out
            assert copied.head.position >= at_start
            heads.append((at_start, copied.head.position))
    finally:
        ended.set()
        for sender in senders:
            sender.join(30)
    refused = sum(sum(sender.refused.values()) + sender.lost for sender in senders)
    taken = sum(len(sender.taken) for sender in senders)
    figure(f"T37: {taken} hooks at {PER_S}/s, {refused} refused; start and head of copies: {heads}")
    assert refused == 0
    assert system.stop()[0] == 0
    with_copy = system.folder / "copy-2"
    system.log = with_copy
    system.configure(log={"path": "copy-2"})
    system.run()
    assert system.position() > heads[-1][1]
    assert [entry["type"] for entry in system.entries("TailLost")] == []
