"""Reading a relay's wire."""

import socket

from agentmesh.cli.wiretap import Kept, Sighting, Wiretap, frames
from agentmesh.protocol import relay_frames
from agentmesh.protocol.ids import Amid, FrameId, amid_of
from agentmesh.protocol.signed import Signed
from tests.support.control_server import BOB

KEY = bytes(range(32))
HANDSHAKE = b"GET /v1/connect HTTP/1.1\r\nHost: x\r\n\r\n"
MASK = b"\x01\x02\x03\x04"


def masked(payload: bytes) -> bytes:
    """Return a client's WebSocket frame."""
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 65536:
        length = bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        length = bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return b"\x82" + length + MASK + bytes(b ^ MASK[i % 4] for i, b in enumerate(payload))


def test_frames_of_every_length_are_read() -> None:
    payloads = [b"", b"x", b"y" * 200, b"z" * 70_000]
    found = frames(HANDSHAKE + b"".join(map(masked, payloads)))
    assert [data for _, data in found] == payloads


def test_a_frame_cut_short_ends_the_reading() -> None:
    assert frames(HANDSHAKE + b"\x82") == []
    whole = HANDSHAKE + masked(b"whole")
    assert frames(whole + masked(b"half")[:3]) == [(len(whole), b"whole")]


def test_frames_come_in_the_order_of_their_arrival() -> None:
    ticks = iter(range(9))
    one, other = Kept(ticks), Kept(ticks)
    one.add(b"first")
    other.add(b"second")
    one.add(b"third")
    assert [one.tick(5), other.tick(3), one.tick(6)] == [0, 1, 2]


def test_two_ids_a_kind_and_a_size_are_seen() -> None:
    signed = Signed(payload=b"claim", signer=KEY, signature=b"s" * 64)
    sent = relay_frames.Send(
        id=FrameId("f1"), to=Amid(BOB), message_type="knock", encrypted_payload=b"c" * 500
    )
    stream = HANDSHAKE + b"".join(
        masked(data)
        for data in (
            relay_frames.encode(relay_frames.Connect(signed=signed)),
            b"a ping",
            relay_frames.encode(sent),
        )
    )
    tap = Wiretap()
    with socket.create_server(("127.0.0.1", 0)) as relay:
        tap.start(relay.getsockname())
        with socket.create_connection(("127.0.0.1", tap.port)) as agent:
            agent.sendall(stream)
            dialled, _ = relay.accept()
            with dialled:
                through = b""
                while len(through) < len(stream):
                    through += dialled.recv(65536)
                dialled.sendall(b"answer")
                assert agent.recv(100) == b"answer"
    tap.close()
    assert through == stream
    assert tap.sightings() == [Sighting(amid_of(KEY), BOB, "knock", 500)]
    assert tap.holds("ccc")
    assert not tap.holds("hello")
