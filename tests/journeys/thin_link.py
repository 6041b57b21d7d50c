"""A thin link between a phone and the relay: a TCP proxy in user space with a round trip, a rate and losses.

Each connection has a link of its own. What TCP over such a link would do is modelled, since the bytes themselves travel over
loopback: the handshake costs a round trip, a sender has 10 segments under way at first and one more for each that is
acknowledged (RFC 6928, slow start), a lost segment comes a round trip later (fast retransmit) or, when nothing follows that could
tell of it, a round trip and 200 ms later (RFC 6298's timer as Linux has it), and everything behind it waits.
"""

import asyncio
import random
import threading
import time

SEGMENT = 1400
FIRST_WINDOW = 10
TIMER_S = 0.2


class ThinLink:
    """At first without limits; be() makes it thin, for what comes from then on."""

    def __init__(self, target_port, seed=1):
        self.target_port, self.random = target_port, random.Random(seed)
        self.be(0, 1e9, 0)
        self.up_bytes, self.down_bytes = [], []  # of each connection so far, in the order in which they were opened
        self.lasted_s = {}  # of each that is over, by its number in that order
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        threading.Thread(target=self._run, args=(started,), daemon=True).start()
        started.wait()

    def be(self, rtt_s, kbit_s, loss):
        self.rtt_s, self.bytes_s, self.loss = rtt_s, kbit_s * 1000 / 8, loss

    def _run(self, started):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self._loop.run_forever()

    async def _serve(self, near_in, near_out):
        number, opened_s = len(self.up_bytes), time.monotonic()
        self.up_bytes.append(0)
        self.down_bytes.append(0)
        try:
            far_in, far_out = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            near_out.close()
            return
        await asyncio.sleep(self.rtt_s)  # SYN, SYN-ACK
        await asyncio.gather(self._carry(near_in, far_out, self.up_bytes, number),
                             self._carry(far_in, near_out, self.down_bytes, number))
        self.lasted_s[number] = time.monotonic() - opened_s

    async def _carry(self, source, sink, counted, number):
        """One direction: segments leave at the link's rate, within the window, and arrive in order. Their bytes are counted for
        the connection of this number."""
        loop = asyncio.get_running_loop()
        arrivals = asyncio.Queue()
        window = {"size": FIRST_WINDOW, "under_way": 0}
        room = asyncio.Event()

        def acknowledged():
            window["under_way"] -= 1
            window["size"] += 1
            room.set()

        async def arrive():
            while True:
                at_s, data = await arrivals.get()
                await asyncio.sleep(max(0, at_s - loop.time()))
                if data is None:
                    break
                try:
                    sink.write(data)
                    await sink.drain()
                except OSError:
                    pass
                loop.call_later(self.rtt_s / 2, acknowledged)
            sink.close()

        arriving = asyncio.ensure_future(arrive())
        free_s = arrived_s = loop.time()
        while True:
            try:
                data = await source.read(SEGMENT)
            except OSError:
                data = b""
            while window["under_way"] >= window["size"]:
                room.clear()
                await room.wait()
            free_s = max(free_s, loop.time()) + len(data) / self.bytes_s
            late_s = 0
            if data and self.random.random() < self.loss:
                more = len(source._buffer) > 0  # the stream has no other way to say that something follows
                late_s = self.rtt_s + (0 if more else TIMER_S)
            arrived_s = max(arrived_s, free_s + self.rtt_s / 2 + late_s)
            window["under_way"] += 1
            counted[number] += len(data)
            await arrivals.put((arrived_s, data or None))
            if not data:
                break
            await asyncio.sleep(max(0, free_s - loop.time()))  # the rate is the reader's pace too
        await arriving
