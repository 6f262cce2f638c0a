"""A transfer that is cut off again and again, at any chunk and any word, ends bit for bit."""

import os
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agentmesh.crypto.file_cipher import FileCipher
from agentmesh.crypto.secret import Secret
from agentmesh.errors import AgentMeshError
from agentmesh.files.ack import Ack, decode_ack, encode_ack
from agentmesh.files.flight import Flight
from agentmesh.files.plan import Plan
from agentmesh.protocol import file_frames
from agentmesh.protocol.file_frames import FileAck, FileChunk
from agentmesh.protocol.ids import FileId
from agentmesh.storage.part_file import PartFile
from agentmesh.storage.source_file import SourceFile
from tests.support.world import FakeEntropy

CUTS = int(os.environ.get("AGENTMESH_FILE_CUTS", "250"))
MEBIBYTES = int(os.environ.get("AGENTMESH_FILE_MIB", "24"))
KEY, FILE = Secret(b"k" * 32), FileId("01890000-0000-7000-8000-000000000001")


@dataclass
class Transfer:
    """Both sides, as they are in memory; `cut` leaves of them what is on the disk."""

    path: Path
    folder: Path
    dice: random.Random
    entropy: FakeEntropy = field(default_factory=FakeEntropy)
    run: int = 0

    def __post_init__(self) -> None:
        with SourceFile.open(self.path, self.folder / "home") as source:
            self.plan, self.root = Plan(source.mark.size), source.root(lambda: True)
        self.cipher = FileCipher.of(KEY, FILE, self.root, self.plan.count)
        self.now = 0.0
        self.begin_sender()
        self.begin_receiver()

    def begin_sender(self) -> None:
        self.source = SourceFile.open(self.path, self.folder / "home")
        self.flight = Flight(self.plan.count)

    def begin_receiver(self) -> None:
        self.part = PartFile(self.folder, "f", self.plan)
        self.run, self.serial = self.run + 1, 0

    def cut(self) -> None:
        """End one side or both, as kill -9 does, or a power cut: what was not safe is anything."""
        fate = self.dice.choice(["sender", "receiver", "both", "power"])
        if fate != "receiver":
            self.source.close()
            self.begin_sender()
        if fate != "sender":
            if fate == "power":
                for index in self.part._unsafe:
                    noise = self.dice.randbytes(self.plan.length(index))
                    os.pwrite(self.part._data, noise, self.plan.offset(index))
            self.part.close()
            self.begin_receiver()

    def step(self) -> None:
        """Let a few chunks go, and some of them, or of their bytes, get lost."""
        self.now += 0.01
        for index in self.flight.take(4, self.now):
            data = self.cipher.seal_chunk(index, self.source.read(index), self.entropy)
            if self.dice.random() < 0.02:
                place = self.dice.randrange(len(data))
                data = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            if self.dice.random() < 0.05:
                data = data[: self.dice.randrange(len(data))]
            self.receive(data)
        if self.dice.random() < 0.1:
            self.part.make_safe(self.part.take_unsafe())
        if self.dice.random() < 0.9:
            self.serial += 1
            ack = Ack(self.run, self.serial, "", tuple(self.part.there.runs(100)))
            frame = file_frames.decode(self.cipher.seal_ack(encode_ack(ack), self.entropy))
            assert isinstance(frame, FileAck)
            self.flight.hear(decode_ack(self.cipher.open_ack(frame), self.plan.count), self.now)
        if self.dice.random() < 0.05:
            self.flight.ground()

    def receive(self, data: bytes) -> None:
        try:
            frame = file_frames.decode(data)
            assert isinstance(frame, FileChunk)
            chunk = self.cipher.open_chunk(frame)
            assert len(chunk) == self.plan.length(frame.index)
            self.part.write(frame.index, chunk)
        except AgentMeshError:
            pass


@pytest.mark.parametrize("seed", [1, 2])
def test_a_file_survives_any_number_of_cuts(tmp_path: Path, seed: int) -> None:
    (tmp_path / "home").mkdir()
    source, dice = tmp_path / "source", random.Random(seed)
    data = dice.randbytes(MEBIBYTES * 1024 * 1024 + 12_345)
    source.write_bytes(data)
    transfer, cuts = Transfer(source, tmp_path, dice), 0
    while cuts < CUTS or len(transfer.part.there) < transfer.plan.count:
        for _ in range(dice.randrange(1, 6)):
            transfer.step()
        if cuts < CUTS:
            transfer.cut()
            cuts += 1
            if len(transfer.part.there) == transfer.plan.count:
                (tmp_path / "f.leaves").write_bytes(b"")  # begin over: there are cuts left
                transfer.cut()
    transfer.part.make_safe(transfer.part.take_unsafe())
    assert cuts >= CUTS
    assert transfer.part.root() == transfer.root
    assert transfer.part.path.read_bytes() == data
    transfer.source.close()
    transfer.part.close()
