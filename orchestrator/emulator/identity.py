"""Ids as a node makes them, all drawn from its seed so that a run can be repeated."""

from random import Random
from string import ascii_letters, digits
from typing import Final
from uuid import UUID

from orchestrator.emulator.settings import Generation

TRANSPONDER_LETTERS: Final = digits + "abcdefghijklmnopqrstuv"
UUID1_EPOCH_100NS: Final = 0x01B21DD213814000
"""From 15 October 1582, where version 1 counts from, to 1970."""


def node_id(random: Random, address: str) -> str:
    """Return 32 letters and digits, at the address of the server."""
    return "".join(random.choices(ascii_letters + digits, k=32)) + "@" + address


def server_uuid(random: Random) -> str:
    """Return a UUID of version 4, as the server makes them."""
    return str(UUID(int=random.getrandbits(128), version=4))


def client_uuid(random: Random, now_s: float) -> str:
    """Return a UUID of version 1, as the web client makes them: it begins with the time."""
    ticks = (int(now_s * 10_000_000) + UUID1_EPOCH_100NS) & ((1 << 60) - 1)
    low, middle, high = ticks & 0xFFFFFFFF, (ticks >> 32) & 0xFFFF, (ticks >> 48) & 0x0FFF
    clock, card = random.getrandbits(14), random.getrandbits(48)
    fields = (low, middle, high | 0x1000, (clock >> 8) | 0x80, clock & 0xFF, card)
    return str(UUID(fields=fields))


def transponder_id(random: Random) -> str:
    """Return 26 letters of base 32, the form in which transponders are named."""
    return "".join(random.choices(TRANSPONDER_LETTERS, k=26))


def session_id(random: Random, server: str, port: int, generation: Generation) -> str:
    """Return the id of a client's session; its form changed over the years.

    The first form names only addresses and ports, so it comes back when a port is used again.
    """
    client = f"192.168.{random.randint(1, 9)}.{random.randint(2, 250)}"
    addresses = f"/{client}:{random.randint(49152, 65535)}/{server}:{port}"
    if port == 1935 or generation is Generation.Y2017:
        return addresses
    if generation is Generation.Y2021:
        return f"{addresses}-{server_uuid(random)}"
    return server_uuid(random)
