"""What the daemon promises for recordings, tried on an emulated node in virtual time."""

import trio
from attrs import evolve

from orchestrator.core.configuration import Node, Recorder
from orchestrator.core.resource import OnChange
from orchestrator.emulator.faults import Faults
from orchestrator.emulator.node import SELF
from orchestrator.emulator.settings import Settings
from tests.stage import staged


async def settle(seconds=4):
    await trio.sleep(seconds)


async def recorded(stage):
    """Block until something is recorded."""
    with trio.fail_after(60):
        while not stage.recordings():
            await settle(0.1)


async def test_a_stream_is_recorded_as_soon_as_it_is_published(autojump_clock):
    async with staged() as stage:
        stage.recording("archive", "show", file_template="{streamName}-x", rotation="20M")
        await stage.start()
        await settle()
        assert await stage.phases() == {"archive": ("Waiting", "stream-absent")}
        await stage.servers["wcs1"].client("p").publish("show")
        await settle()
        assert stage.recordings() == [("show", "{streamName}-x")]
        assert await stage.phases() == {"archive": ("Ready", "unverified")}
        assert (stage.mutations(), stage.cuts()) == (["/recorder/startup"], 0)


async def test_it_begins_anew_with_each_publication_and_counts_no_failure(autojump_clock):
    async with staged() as stage:
        stage.recording("archive", "show")
        await stage.start()
        client = stage.servers["wcs1"].client("p")
        for _ in range(5):
            stream = await client.publish("show")
            await settle()
            assert stage.recordings() == [("show", "")]
            stage.servers["wcs1"].media.streams.end(stream, "gone", SELF)
            await settle()
            assert await stage.phases() == {"archive": ("Waiting", "stream-absent")}
        _, (row,) = await stage.ask("GET", "/api/v1/resources")
        assert (row["attempts"], stage.mutations(), stage.cuts()) == (
            0,
            ["/recorder/startup"] * 5,
            0,
        )


async def test_what_runs_already_is_adopted_and_never_cut(autojump_clock):
    async with staged() as stage:
        await stage.start()
        await stage.servers["wcs1"].client("p", record=True).publish("show")
        await settle()
        stage.recording("archive", "show", file_template="other")
        await stage.load()
        await settle(60)
        assert await stage.phases() == {"archive": ("Ready", "unverified")}
        assert (stage.mutations(), stage.cuts()) == ([], 0)
        stage.remove("archive", kind="recording")
        await stage.load()
        await settle(60)
        assert (stage.recordings(), stage.mutations()) == ([("show", "")], [])


async def test_a_publication_that_is_recorded_by_its_client_is_not_cut(autojump_clock):
    async with staged() as stage:
        stage.recording("archive", "show", file_template="other")
        await stage.start()
        await settle()
        await stage.servers["wcs1"].client("p", record=True).publish("show")
        await settle(60)
        assert await stage.phases() == {"archive": ("Ready", "unverified")}
        assert (stage.mutations(), stage.cuts()) == ([], 0)


async def test_a_changed_template_waits_for_the_next_publication(autojump_clock):
    async with staged() as stage:
        stage.recording("archive", "show", file_template="one")
        await stage.start()
        client = stage.servers["wcs1"].client("p")
        stream = await client.publish("show")
        await settle()
        stage.recording("archive", "show", file_template="two")
        await stage.load()
        await settle(60)
        assert stage.recordings() == [("show", "one")]
        assert await stage.phases() == {"archive": ("Ready", "changes-later")}
        stage.servers["wcs1"].media.streams.end(stream, "gone", SELF)
        await settle()
        await client.publish("show")
        await settle()
        assert (stage.recordings(), stage.cuts()) == ([("show", "two")], 0)


async def test_a_changed_template_replaces_where_the_line_says_so(autojump_clock):
    async with staged() as stage:
        stage.recording("archive", "show", file_template="one", on_change=OnChange.REPLACE)
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await settle()
        stage.recording("archive", "show", file_template="two", on_change=OnChange.REPLACE)
        await stage.load()
        await settle()
        calls = ["/recorder/startup", "/recorder/terminate", "/recorder/startup"]
        assert (stage.recordings(), stage.mutations()) == ([("show", "two")], calls)


async def test_a_changed_stream_ends_the_one_and_begins_the_other(autojump_clock):
    async with staged() as stage:
        stage.recording("archive", "show")
        await stage.start()
        for name in ("show", "other"):
            await stage.servers["wcs1"].client(name).publish(name)
        await settle()
        stage.recording("archive", "other")
        await stage.load()
        await settle()
        assert stage.recordings() == [("other", "")]
        assert stage.cuts() == 0


async def test_one_that_vanished_is_made_again_once(autojump_clock):
    async with staged() as stage:
        stage.recording("archive", "show")
        await stage.start()
        server = stage.servers["wcs1"]
        stream = await server.client("p").publish("show")
        await settle()
        server.media.recordings.vanish(server.objects.recordings[stream.media_session_id])
        await settle(40)
        assert (stage.recordings(), stage.mutations()) == (
            [("show", "")],
            ["/recorder/startup"] * 2,
        )
        assert stage.cuts() == 0


async def test_a_list_that_hides_it_does_not_cut_it(autojump_clock):
    async with staged() as stage:
        stage.recording("archive", "show")
        await stage.start()
        server = stage.servers["wcs1"]
        await server.client("p").publish("show")
        await settle(60)
        faults = evolve(server.node.faults, rest_groups=("/recorder/",), listings_hidden=10)
        server.node.turn(faults)
        await settle(120)
        assert await stage.phases() == {"archive": ("Held", "recorded")}
        await settle(600)
        assert await stage.phases() == {"archive": ("Ready", "unverified")}
        assert (stage.mutations(), stage.cuts()) == (["/recorder/startup"], 0)


async def test_one_whose_start_was_not_answered_is_not_cut_by_a_list_that_hides_it(autojump_clock):
    async with staged() as stage:
        stage.recording("archive", "show")
        await stage.start()
        server = stage.servers["wcs1"]
        server.node.turn(Faults(rest_groups=("/recorder/startup",), rest_lost=1))
        await server.client("p").publish("show")
        await recorded(stage)
        server.node.turn(Faults(rest_groups=("/recorder/",), listings_hidden=99))
        await settle(20)
        assert await stage.phases() == {"archive": ("Held", "recorded")}
        server.node.turn(Faults())
        await settle(60)
        assert await stage.phases() == {"archive": ("Ready", "unverified")}
        assert (stage.mutations(), stage.cuts()) == (["/recorder/startup"], 0)


async def test_a_list_of_streams_that_is_doubted_does_not_tell_what_is_recorded(autojump_clock):
    async with staged(
        wcs_settings=Settings(has_recorder=False, tells_metrics=False),
        node_values={"wcs1": Node(recorder=Recorder.STREAM)},
    ) as stage:
        stage.recording("archive", "show")
        await stage.start()
        server = stage.servers["wcs1"]
        await server.client("q").publish("other")
        server.node.turn(Faults(rest_groups=("/stream/startRecording",), rest_lost=1))
        await server.client("p").publish("show")
        await recorded(stage)
        server.node.turn(Faults(rest_groups=("/stream/find_all",), listings_hidden=4))
        await settle(1)
        assert await stage.phases() == {"archive": ("Starting", "unsure")}
        await settle(60)
        assert await stage.phases() == {"archive": ("Ready", "unverified")}
        assert (stage.mutations(), stage.cuts()) == (["/stream/startRecording"], 0)


async def test_a_node_restart_makes_it_anew_when_its_stream_returns(autojump_clock):
    async with staged() as stage:
        stage.recording("archive", "show")
        await stage.start()
        server = stage.servers["wcs1"]
        await server.client("p").publish("show")
        await settle()
        server.restart(2)
        await settle(40)
        assert stage.recordings() == []
        await server.client("q").publish("show")
        await settle(40)
        assert (stage.recordings(), stage.cuts()) == ([("show", "")], 0)


async def test_a_daemon_that_starts_again_finds_its_own(autojump_clock):
    async with staged() as stage:
        stage.recording("archive", "show")
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await settle()
        await stage.kill()
        await stage.start()
        await settle(60)
        assert await stage.phases() == {"archive": ("Ready", "unverified")}
        stage.remove("archive", kind="recording")
        await stage.load()
        await settle()
        assert stage.recordings() == []
        assert stage.mutations() == ["/recorder/startup", "/recorder/terminate"]


async def test_older_builds_record_by_the_methods_of_streams(autojump_clock):
    async with staged(
        wcs_settings=Settings(has_recorder=False, tells_metrics=False),
        node_values={"wcs1": Node(recorder=Recorder.STREAM)},
    ) as stage:
        stage.recording("archive", "show")
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await settle()
        assert await stage.phases() == {"archive": ("Ready", "unverified")}
        stage.remove("archive", kind="recording")
        await stage.load()
        await settle()
        assert stage.recordings() == []
        assert stage.mutations() == ["/stream/startRecording", "/stream/stopRecording"]


async def test_a_line_that_is_renamed_waits_until_the_old_file_has_ended(autojump_clock):
    async with staged() as stage:
        stage.recording("old", "show", file_template="one")
        await stage.start()
        await stage.servers["wcs1"].client("p").publish("show")
        await settle()
        stage.remove("old", kind="recording")
        stage.recording("new", "show", file_template="two")
        await stage.load()
        await settle(40)
        assert (stage.recordings(), stage.cuts()) == ([("show", "two")], 0)
        assert await stage.phases() == {"new": ("Ready", "unverified")}
