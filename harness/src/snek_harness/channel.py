"""A socket that carries messages as JSON lines."""

from __future__ import annotations

import socket

import msgspec

from snek_harness.messages import Message

_DECODER: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


class ChannelError(ConnectionError):
    """The other end is gone."""


class Channel:
    """One end of a connection between two processes."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._buffer = b""

    def fileno(self) -> int:
        """Return the descriptor, so that a selector can wait on the channel."""
        return self.sock.fileno()

    def send(self, message: Message, descriptors: tuple[int, ...] = ()) -> None:
        """Send a message, and copies of open file descriptors. Raises ChannelError where nobody is left to read."""
        data = msgspec.json.encode(message) + b"\n"
        try:
            if descriptors:
                sent = socket.send_fds(self.sock, [data], descriptors)
                data = data[sent:]
            if data:
                self.sock.sendall(data)
        except OSError as error:
            raise ChannelError(str(error)) from error

    def pending(self) -> Message | None:
        """Return a message that has already arrived whole, without reading."""
        line, newline, rest = self._buffer.partition(b"\n")
        if not newline:
            return None
        self._buffer = rest
        return _DECODER.decode(line)

    def read(self) -> None:
        """Read what is there, waiting for at least one byte. Raises ChannelError at the end."""
        try:
            data = self.sock.recv(65536)
        except ConnectionError as error:
            raise ChannelError(str(error)) from error
        if not data:
            raise ChannelError("end of file")
        self._buffer += data

    def receive(self) -> Message:
        """Return the next message, waiting as long as it takes. Raises ChannelError at the end."""
        while (message := self.pending()) is None:
            self.read()
        return message

    def receive_descriptors(self, count: int) -> tuple[Message, list[int]]:
        """Return the next message and the descriptors that came with it. Raises ChannelError at the end."""
        data, descriptors, _, _ = socket.recv_fds(self.sock, 65536, count)
        if not data:
            raise ChannelError("end of file")
        self._buffer += data
        return self.receive(), descriptors

    def close(self) -> None:
        """Close this end."""
        self.sock.close()
