// RFC 6455 at a real relay: an independent client (ws) for what a well-behaved one does, and frames by hand over node's TLS for
// what it refuses to send. Each case names what must happen; afterwards everybody else is still served. And nothing of it tells
// a stranger that a relay is here. Usage: node conformance.mjs VIGILD
import assert from 'node:assert/strict';
import { once } from 'node:events';
import WebSocket from 'ws';
import { ask, Line, Peer, Relay, whole } from './websocket.mjs';

const frame_bytes_max = 65536;
const zeros = (bytes) => Buffer.alloc(bytes);
const acknowledgement = Buffer.from([0x12, 2, 1, 1]);  // of delivery 1, which nobody was given
const code = (number, reason = '') => Buffer.concat([Buffer.from([number >> 8, number & 255]), Buffer.from(reason)]);

// ---- the connection stays, and what was asked is answered

const kept = {
  'a message in fragments, with a ping and a pong between them': async (peer) => {
    const message = ask(1);
    peer.send({ opcode: 2, fin: false, payload: message.subarray(0, 2) });
    peer.send({ opcode: 9, payload: Buffer.from('between') });
    peer.send({ opcode: 0, fin: false, payload: message.subarray(2, 5) });
    peer.send({ opcode: 10, payload: Buffer.from('not asked for') });
    peer.send({ opcode: 0, payload: message.subarray(5) });
    const pong = await peer.next();
    assert.deepEqual([pong.opcode, pong.payload.toString()], [10, 'between']);
    await peer.answered(1);
  },
  'a message whose first, middle and last fragments are empty': async (peer) => {
    peer.send({ opcode: 2, fin: false, payload: zeros(0) });
    peer.send({ opcode: 0, fin: false, payload: ask(1) });
    peer.send({ opcode: 0, fin: false, payload: zeros(0) });
    peer.send({ opcode: 0, payload: zeros(0) });
    await peer.answered(1);
  },
  'a message of one-byte fragments': async (peer) => {
    const message = ask(1);
    for (let at = 0; at < message.length; at++)
      peer.send({ opcode: at === 0 ? 2 : 0, fin: at === message.length - 1, payload: message.subarray(at, at + 1) });
    await peer.answered(1);
  },
  'frames that arrive byte by byte, each in a TLS record of its own': async (peer) => {
    for (const frame of [{ opcode: 9, payload: Buffer.from('slow') }, { opcode: 2, payload: ask(1) }])
      for (const octet of whole(frame)) peer.line.write(Buffer.from([octet]));
    assert.equal((await peer.next()).payload.toString(), 'slow');
    await peer.answered(1);
  },
  'many frames in one TLS record': async (peer) => {
    peer.line.write(Buffer.concat([1, 2, 3, 4].map((id) => whole({ opcode: 2, payload: ask(id) }))));
    const seen = new Set();
    while (seen.size < 4) for (const id of await peer.answers()) seen.add(id);
    assert.deepEqual([...seen].sort(), [1, 2, 3, 4]);
  },
  'pings without and with the most that they may carry': async (peer) => {
    for (const payload of [zeros(0), zeros(125)]) {
      peer.send({ opcode: 9, payload });
      const pong = await peer.next();
      assert.equal(pong.opcode, 10);
      assert.deepEqual(pong.payload, payload);
    }
  },
  'a pong that nobody asked for': async (peer) => {
    peer.send({ opcode: 10, payload: Buffer.from('unasked') });
  },
  'an empty message': async (peer) => {
    peer.send({ opcode: 2, payload: zeros(0) });
  },
  'the largest message, and lengths of 125, 126, 127, 65,535 and 65,536 bytes': async (peer) => {
    // The rest is a field that no relay knows: ignored, by the protocol's own rule.
    for (const bytes of [125, 126, 127, frame_bytes_max - 1, frame_bytes_max]) {
      peer.send({ opcode: 2, payload: ask(1, bytes) });
      await peer.answered(1);
    }
  },
};

// ---- the relay closes, with this code and not a word more

const closed = {
  1002: {
    'a frame that is not masked': (peer) => peer.send({ opcode: 2, payload: ask(1), masked: false }),
    'a ping that is not masked': (peer) => peer.send({ opcode: 9, payload: zeros(1), masked: false }),
    'a fragmented ping': (peer) => peer.send({ opcode: 9, fin: false, payload: zeros(1) }),
    'a fragmented close': (peer) => peer.send({ opcode: 8, fin: false, payload: code(1000) }),
    'a ping of 126 bytes': (peer) => peer.send({ opcode: 9, payload: zeros(126) }),
    'a pong of 126 bytes': (peer) => peer.send({ opcode: 10, payload: zeros(126) }),
    'a close of 126 bytes': (peer) => peer.send({ opcode: 8, payload: code(1000, 'x'.repeat(124)) }),
    'a continuation of nothing': (peer) => peer.send({ opcode: 0, payload: ask(1) }),
    'a continuation of a message that is over': (peer) => {
      peer.send({ opcode: 2, fin: false, payload: ask(1).subarray(0, 3) });
      peer.send({ opcode: 0, payload: ask(1).subarray(3) });
      peer.send({ opcode: 0, payload: ask(1) });
    },
    'a message inside another one': (peer) => {
      peer.send({ opcode: 2, fin: false, payload: ask(1).subarray(0, 3) });
      peer.send({ opcode: 2, payload: ask(2) });
    },
    'a close whose reason is no UTF-8': (peer) =>
      peer.send({ opcode: 8, payload: Buffer.concat([code(1000), Buffer.from([0xff])]) }),
    'a close of one byte': (peer) => peer.send({ opcode: 8, payload: zeros(1) }),
    'a short length in 16 bits': (peer) => peer.send({ opcode: 2, payload: ask(1), length_bytes: 2 }),
    'a short length in 64 bits': (peer) => peer.send({ opcode: 2, payload: ask(1), length_bytes: 8 }),
    'a 16-bit length in 64 bits': (peer) => peer.send({ opcode: 2, payload: ask(1, 300), length_bytes: 8 }),
  },
  1003: {
    'text': (peer) => peer.send({ opcode: 1, payload: Buffer.from('hello') }),
    'text that would be a frame of this protocol': (peer) => peer.send({ opcode: 1, payload: acknowledgement }),
    'text in fragments': (peer) => {
      peer.send({ opcode: 1, fin: false, payload: Buffer.from('hel') });
      peer.send({ opcode: 0, payload: Buffer.from('lo') });
    },
  },
  1007: {
    'what is no message of this protocol': (peer) => peer.send({ opcode: 2, payload: Buffer.from([255, 255, 255]) }),
    'text that is no UTF-8': (peer) => peer.send({ opcode: 1, payload: Buffer.from([0xc3, 0x28]) }),
  },
  1008: {
    'an acknowledgement of what was never given': (peer) => peer.send({ opcode: 2, payload: acknowledgement }),
  },
  1009: {
    'a length of one byte too many, before any of it': (peer) =>
      peer.send({ opcode: 2, length: BigInt(frame_bytes_max + 1), payload: zeros(0) }),
    'a length of 2 to the 63 less one, before any of it': (peer) =>
      peer.send({ opcode: 2, length: (1n << 63n) - 1n, payload: zeros(0) }),
    'a 64-bit length with the top bit set, which none may have': (peer) =>
      peer.send({ opcode: 2, length: 1n << 63n, payload: zeros(0) }),
    'a 64-bit length of all ones': (peer) => peer.send({ opcode: 2, length: (1n << 64n) - 1n, payload: zeros(0) }),
    'fragments that are too much together': (peer) => {
      peer.send({ opcode: 2, fin: false, payload: zeros(40_000) });
      peer.send({ opcode: 0, fin: false, payload: zeros(40_000) });
    },
  },
};
for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
  closed[1002][`opcode ${opcode}`] = (peer) => peer.send({ opcode, payload: zeros(4) });
for (const bit of [1, 2, 3]) {
  closed[1002][`reserved bit ${bit}`] = (peer) => peer.send({ opcode: 2, payload: ask(1), reserved: 8 >> bit });
  closed[1002][`reserved bit ${bit} on a ping`] = (peer) => peer.send({ opcode: 9, payload: zeros(0), reserved: 8 >> bit });
}
for (const wrong of [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999])
  closed[1002][`a close with code ${wrong}`] = (peer) => peer.send({ opcode: 8, payload: code(wrong) });

// ---- good closes

const ended = {
  'a close without a code is answered without one, or with 1000': async (peer) => {
    peer.send({ opcode: 8, payload: zeros(0) });
    const close = await peer.next();
    assert.equal(close.opcode, 8);
    assert(close.payload.length === 0 || close.payload.equals(code(1000)));
    await peer.gone();
  },
  'nothing that comes behind a close is answered': async (peer) => {
    peer.line.write(Buffer.concat([whole({ opcode: 8, payload: code(1000) }), whole({ opcode: 2, payload: ask(1) })]));
    assert.equal((await peer.next()).opcode, 8);
    await peer.gone();
  },
};
for (const good of [1000, 1001, 1003, 1007, 1011, 3000, 3999, 4000, 4999])
  ended[`a close with code ${good} is answered with it`] = async (peer) => {
    peer.send({ opcode: 8, payload: code(good, 'a reason') });
    const close = await peer.next();
    assert.equal(close.opcode, 8);
    assert.deepEqual(close.payload.subarray(0, 2), code(good));
    await peer.gone();
  };

for (const beyond of [5000, 65535])
  ended[`a close with code ${beyond}, of which the rules say nothing, is a close`] = async (peer) => {
    peer.send({ opcode: 8, payload: code(beyond) });
    assert.equal((await peer.next()).opcode, 8);
    await peer.gone();
  };

// ---- the independent client, which also judges every frame of the relay's

async function open(relay, options = {}) {
  const socket = new WebSocket(`wss://127.0.0.1:${relay.port}${relay.path}`, { rejectUnauthorized: false, ...options });
  const [greeting, binary] = await once(socket, 'message');
  assert(binary && greeting.length > 100);
  return socket;
}
async function code_after(relay, act) {
  const socket = await open(relay);
  act(socket);
  const [got, reason] = await once(socket, 'close');
  assert.equal(reason.length, 0);
  return got;
}

const by_ws = {
  'greeting, ping, a message in fragments, and goodbye': async (relay) => {
    const socket = await open(relay);
    const pong = once(socket, 'pong');
    socket.ping('are you there');
    assert.equal((await pong)[0].toString(), 'are you there');
    const answer = once(socket, 'message');
    socket.send(ask(1).subarray(0, 2), { binary: true, fin: false });
    socket.send(ask(1).subarray(2), { binary: true, fin: true });
    assert((await answer)[1]);
    socket.close(1000);
    assert.equal((await once(socket, 'close'))[0], 1000);
  },
  'compression and subprotocols are offered and not taken': async (relay) => {
    const socket = await open(relay, { perMessageDeflate: true });
    assert.equal(socket.extensions, '');
    assert.equal(socket.protocol, '');
    socket.close(1000);
    await once(socket, 'close');
  },
  'text, too large a message and nonsense are closed with their codes': async (relay) => {
    assert.equal(await code_after(relay, (socket) => socket.send('hello')), 1003);
    assert.equal(await code_after(relay, (socket) => socket.send(zeros(frame_bytes_max + 1))), 1009);
    assert.equal(await code_after(relay, (socket) => socket.send(Buffer.from([255, 255, 255]))), 1007);
  },
};

// ---- strangers

// Asks for the end of the connection too, so that the answer has one.
const websocket_head = (path) =>
  `GET ${path} HTTP/1.1\r\nHost: relay\r\nUpgrade: websocket\r\nConnection: close, Upgrade\r\n` +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

// All that is answered to these bytes, without the time of day.
async function answer_to(relay, bytes) {
  const line = await Line.open(relay.port);
  line.write(Buffer.from(bytes));
  const all = (await line.rest()).toString('latin1');
  return all.replace(/\r\nDate: [^\r]*/, '');
}

const strangers = {
  'a WebSocket elsewhere gets what any request for a page that is not there gets': async (relay) => {
    const plain = await answer_to(relay, 'GET /nowhere HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n');
    assert.match(plain, /^HTTP\/1.1 404 Not Found\r\n/);
    for (const path of ['/nowhere', `${relay.path}x`, relay.path.slice(0, -1)]) {
      const upgrade = await answer_to(relay, websocket_head(path));
      assert.equal(upgrade, plain);
    }
  },
  'what the relay says of itself when it takes a member': async (relay) => {
    const peer = await Peer.open(relay, 'Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: chat\r\n');
    assert.doesNotMatch(peer.head, /beast|boost|vigil|extensions|sec-websocket-protocol/i);
    assert.match(peer.head, /\r\nServer: nginx/);
    peer.line.end();
  },
  'a WebSocket that is none, on the secret path, gets what it gets elsewhere': async (relay) => {
    const spoil = [
      (head) => head.replace('Version: 13', 'Version: 12'),
      (head) => head.replace(/Sec-WebSocket-Version: 13\r\n/, ''),
      (head) => head.replace(/Sec-WebSocket-Key: [^\r]*\r\n/, ''),
      (head) => head.replace('dGhlIHNhbXBsZSBub25jZQ==', 'tooshort'),
      (head) => head.replace(/Host: relay\r\n/, ''),
      (head) => head.replace('close, Upgrade', 'close'),
      (head) => head.replace('Upgrade: websocket', 'Upgrade: h2c'),
      (head) => head.replace('HTTP/1.1', 'HTTP/1.0'),
    ];
    for (const change of spoil) {
      const here = await answer_to(relay, change(websocket_head(relay.path)));
      const there = await answer_to(relay, change(websocket_head('/nowhere')));
      assert.equal(here, there, `to ${change}`);
    }
  },
};

// ---- running them

async function on_a_connection(relay, act) {
  const peer = await Peer.open(relay);
  await act(peer);
  peer.line.end();
}
async function still_serves(relay) {
  await on_a_connection(relay, async (peer) => {
    peer.send({ opcode: 2, payload: ask(9) });
    await peer.answered(9);
  });
}

const cases = new Map();
for (const [name, act] of Object.entries(kept))
  cases.set(`answered: ${name}`, (relay) =>
    on_a_connection(relay, async (peer) => {
      await act(peer);
      peer.send({ opcode: 2, payload: ask(99) });
      await peer.answered(99);
    }));
for (const [wanted, group] of Object.entries(closed))
  for (const [name, act] of Object.entries(group))
    cases.set(`closed with ${wanted}: ${name}`, (relay) =>
      on_a_connection(relay, async (peer) => {
        act(peer);
        await peer.closed_with(Number(wanted));
      }));
for (const [name, act] of Object.entries(ended)) cases.set(name, (relay) => on_a_connection(relay, act));
for (const [name, act] of Object.entries({ ...by_ws, ...strangers })) cases.set(name, act);

assert(process.argv[2], 'usage: node conformance.mjs VIGILD');
const relay = await Relay.start(process.argv[2]);
let failed = 0;
try {
  for (const [name, run] of cases) {
    try {
      await run(relay);
      await still_serves(relay);
      console.log(`ok      ${name}`);
    } catch (error) {
      failed++;
      console.log(`FAILED  ${name}: ${error.stack}`);
    }
  }
  const leaving = await open(relay);
  const left = once(leaving, 'close');
  relay.ask_to_stop();
  assert.equal((await left)[0], 1001, 'a relay that stops says so');
  assert.equal(await relay.ended(), 0);
} finally {
  relay.remove();
}
console.log(failed === 0 ? `all ${cases.size} cases passed` : `${failed} of ${cases.size} failed`);
process.exit(failed === 0 ? 0 : 1);
