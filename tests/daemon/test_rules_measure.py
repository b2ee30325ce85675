"""How large a picture is, is kept only while a rule looks at it, and then each change of it."""

import trio

from tests.daemon.ruled import publish, rows, ruled, said

LADDER = """rules:
  ladder:
    each: stream
    where: stream.name.startsWith("event-") && stream.height >= 720
    linger: 4s
    ensure:
      vods:
        "l-${stream.name}": {uri: "vod-live://a.mp4", localStreamName: "l-${stream.name}"}
"""
PLAIN = LADDER.replace(" && stream.height >= 720", "")


def sized(stage, name, width, height):
    """Give a publisher's picture another size."""
    for stream in stage.servers["wcs1"].objects.streams.values():
        if stream.name == name:
            stream.width, stream.height = width, height


async def sizes(stage):
    """Return the heights in the news of looks, in order."""
    return [
        one["fields"]["height"]
        for _, body in await rows(stage, "Looked")
        for one in (*body["appeared"], *body["changed"])
        if one["fields"].get("name") == "event-a" and "height" in one["fields"]
    ]


async def test_a_rule_goes_by_the_size_of_a_picture_and_by_its_changes(put, autojump_clock):
    async with ruled(put(LADDER)) as stage:
        await publish(stage, "event-a", settle_s=40)
        assert (await said(stage), await sizes(stage)) == ([], [360])
        sized(stage, "event-a", 1280, 720)
        await trio.sleep(40)
        assert await said(stage) == [("ladder", ["vod/l-event-a"], False)]
        sized(stage, "event-a", 640, 360)
        await trio.sleep(80)
        assert [lingers for _, _, lingers in await said(stage)] == [False, True, False]
        assert (await said(stage))[-1] == ("ladder", [], False)
        assert await sizes(stage) == [360, 720, 360]


async def test_nobody_else_has_sizes_in_the_log(put, autojump_clock):
    async with ruled(put(PLAIN)) as stage:
        await publish(stage, "event-a", settle_s=40)
        looks = len(await rows(stage, "Looked"))
        sized(stage, "event-a", 1280, 720)
        await trio.sleep(80)
        assert (await sizes(stage), len(await rows(stage, "Looked"))) == ([], looks)
        put(LADDER)
        await stage.load()
        await trio.sleep(40)
        assert await sizes(stage) == [720]
        put(PLAIN)
        await stage.load()
        await trio.sleep(40)
        fields = stage.memory.world.things("wcs1", "stream").values()
        assert [one.seen.fields.get("height") for one in fields] == [None] * len(fields)
