"""Where things may send to."""

import pytest

from orchestrator.core.destination import Destinations

DENIED = "nothing is sent to {}: `destinations` of the configuration denies it"
FOREIGN = "a.youtube.com.evil"
OTHERS = "nothing is sent to {}: `destinations` of the configuration allows others"


@pytest.mark.parametrize(
    ("allow", "deny", "address", "due"),
    [
        ((), (), "rtmp://evil.example/live", ""),
        ((), ("evil.example",), "rtmp://good.example/live", ""),
        ((), ("evil.example",), "rtmp://EVIL.example:1935/live", DENIED.format("evil.example")),
        ((), ("evil.example",), "rtmp://evil.example./live", DENIED.format("evil.example")),
        ((), ("evil.example",), "rtmp://u:p@evil.example/live", DENIED.format("evil.example")),
        ((), ("evil.example",), "rtmp://evil.example@good.example/live", ""),
        (("*.youtube.com",), (), "rtmp://a.rtmp.youtube.com/live2/~0123456789abcdef", ""),
        (("*.youtube.com",), (), "rtmp://youtube.com/live", OTHERS.format("youtube.com")),
        (
            ("*.youtube.com",),
            (),
            f"rtmp://{FOREIGN}/x",
            OTHERS.format("a.youtube.com.evil"),
        ),
        (("*",), ("10.0.0.0/8",), "rtmp://10.1.2.3/live", DENIED.format("10.1.2.3")),
        (("10.0.0.0/8",), (), "rtmp://10.1.2.3/live", ""),
        (("10.0.0.0/8",), (), "rtmp://[::ffff:10.1.2.3]/live", ""),
        (("fe80::/10",), (), "rtmp://[fe80::1]:1935/live", ""),
        (("10.0.0.0/8",), (), "rtmp://ten.example/live", OTHERS.format("ten.example")),
        (("10.0.0.1",), (), "wss://10.0.0.1:8443", ""),
        (("a",), (), "${secret.url}", OTHERS.format("")),
        (("a",), ("b",), "", ""),
    ],
)
def test_an_address_is_judged_by_its_host(allow, deny, address, due):
    assert Destinations(allow, deny).refusal(address) == due
