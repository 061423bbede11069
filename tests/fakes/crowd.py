"""Many devices at once: a socket each, as little MQTT as it takes to sign in, hear and speak."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from registry.bus import BrokerAddress

_PUBACK, _CONNACK, _SUBACK = 0x40, 0x20, 0x90


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def _packet(kind: int, body: bytes) -> bytes:
    size, written = len(body), bytearray([kind])
    while size > 0x7F:
        written.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*written, size]) + body


async def _next(reader: asyncio.StreamReader) -> int:
    """Read one packet; gives its kind."""
    kind = (await reader.readexactly(1))[0] & 0xF0
    size, shift = 0, 0
    while True:
        byte = (await reader.readexactly(1))[0]
        size |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
        shift += 7
    await reader.readexactly(size)
    return kind


@dataclass(slots=True)
class Crowd:
    """Devices by username. `come` lets all of them sign in at the same moment, hear their commands and say one event."""

    addresses: list[BrokerAddress]
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def come(self) -> list[float]:
        """Seconds until each was signed in, heard and had its event confirmed; tried again until it is."""
        loop = asyncio.get_running_loop()
        began = loop.time()

        async def one(address: BrokerAddress) -> float:
            while True:
                with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                    async with asyncio.timeout(30):
                        await self._sign_in(address)
                    return loop.time() - began
                await asyncio.sleep(0.1)

        return list(await asyncio.gather(*(one(address) for address in self.addresses)))

    async def leave(self) -> None:
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def _sign_in(self, address: BrokerAddress) -> None:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        own = f"dayuan/v1/{address.username.replace('.', '/')}"
        try:
            fields = _text(address.session_name()) + _text(address.username) + _text(address.password)
            writer.write(_packet(0x10, _text("MQTT") + bytes([4, 0b1100_0000, 0, 60]) + fields))
            await self._until(reader, _CONNACK)
            writer.write(_packet(0x82, b"\x00\x01" + _text(f"{own}/cmd") + b"\x01"))
            await self._until(reader, _SUBACK)
            writer.write(_packet(0x32, _text(f"{own}/evt") + b"\x00\x02" + b"here"))
            await self._until(reader, _PUBACK)
        except BaseException:
            writer.close()
            raise
        self._writers.append(writer)

    @staticmethod
    async def _until(reader: asyncio.StreamReader, kind: int) -> None:
        while await _next(reader) != kind:
            pass
