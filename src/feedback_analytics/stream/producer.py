"""The producer that Faust wants beside every consumer. It connects to nothing.

Nothing is sent through Faust: records that go back to the log take the processor's `append`, which is durable before
the position moves. Faust's own aiokafka producer would hold a connection for nothing.
"""

from __future__ import annotations

from faust.transport.producer import Producer as FaustProducer


class Producer(FaustProducer):
    async def flush(self) -> None:
        """Faust flushes before each commit."""
        await self.buffer.flush()
