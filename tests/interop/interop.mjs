// Goal: Vigil's end-to-end side and Signal's own library understand each other, and our HPKE is everybody's. Method: scenarios in
// both roles between peer (Vigil's C++) and member.mjs (Signal's library, @hpke/core). Usage: node interop.mjs PEER
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import * as signal from '@signalapp/libsignal-client';
import { Member, sizes, suite } from './member.mjs';

const now = 1790000000;
const none = '-';
const hex = (bytes) => Buffer.from(bytes).toString('hex') || none;
const unhex = (text) => (text === none ? Buffer.alloc(0) : Buffer.from(text, 'hex'));

class Peer {
  constructor(path) {
    this.process = spawn(path, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }
  async ask(...words) {
    this.process.stdin.write(words.join(' ') + '\n');
    const { value, done } = await this.lines.next();
    assert(!done, `peer died at ${words[0]}`);
    return value;
  }
  async ok(...words) {
    const answer = await this.ask(...words);
    assert(answer === 'ok' || answer.startsWith('ok '), `${words[0]}: ${answer}`);
    return answer.split(' ').slice(1);
  }
  async fault(...words) {
    const answer = await this.ask(...words);
    assert(answer.startsWith('fault '), `${words[0]}: ${answer.slice(0, 60)}`);
    return answer.slice(6);
  }
  async end() {
    this.process.stdin.end();
    const code = await new Promise((resolve) => this.process.on('close', resolve));
    assert.equal(code, 0, 'the peer ended badly');
  }
}

// Vigil's member 'vigil' and Signal's member 'other', who know and trust each other.
class Pair {
  static async create(path) {
    const pair = new Pair();
    pair.peer = new Peer(path);
    pair.other = await Member.create();
    pair.vigil = unhex((await pair.peer.ok('identity'))[0]);
    pair.vigil_address = randomBytes(32);
    await pair.peer.ok('trust', hex(pair.other.identity));
    await pair.peer.ok('learn', hex(await pair.other.bundle(now)), hex(pair.other.identity), now, 0);
    pair.other.learn(unhex((await pair.peer.ok('bundle', now))[0]), pair.vigil);
    return pair;
  }
  async from_vigil(device, text, with_one_time, size = 0) {
    const one_time = with_one_time ? await this.other.one_time() : null;
    const id = randomBytes(16);
    const [envelope] = await this.peer.ok('seal', hex(this.other.identity), device, hex(this.other.address_hash), size, hex(id),
      hex(Buffer.from(text)), one_time?.id ?? 0, one_time ? hex(one_time.key) : none);
    return { to_vigil: false, envelope: unhex(envelope), id, text };
  }
  async from_other(device, text, with_one_time, size = 1024) {
    let one_time = null;
    if (with_one_time) {
      const [id, key] = await this.peer.ok('one_time', now);
      one_time = { id: Number(id), key: unhex(key) };
    }
    const id = randomBytes(16);
    return { to_vigil: true, envelope: await this.other.seal(device, this.vigil_address, size, id, text, one_time), id, text };
  }
  async open(message) {
    if (message.to_vigil) {
      const [sender, , , , id, text] = await this.peer.ok('open', hex(this.vigil_address), hex(this.other.identity), now, hex(message.envelope));
      assert.equal(sender, hex(this.other.identity));
      assert.equal(id, hex(message.id));
      assert.equal(unhex(text).toString(), message.text);
    } else {
      const opened = await this.other.open(message.envelope, this.other.address_hash, this.vigil);
      assert.deepEqual(Buffer.from(opened.id), message.id);
      assert.equal(opened.text, message.text);
    }
  }
  async refused(message) {
    if (message.to_vigil) return this.peer.fault('open', hex(this.vigil_address), hex(this.other.identity), now, hex(message.envelope));
    await assert.rejects(this.other.open(message.envelope, this.other.address_hash, this.vigil));
    return 'rejected';
  }
}

// A small seeded generator: a failure can be repeated.
const seeded = (seed) => () => {
  seed = (Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
  return ((seed ^ (seed >>> 13)) >>> 0) / 2 ** 32;
};

// 200 messages both ways over one session; each may be lost, come twice, or overtake up to four others.
async function talk(path, seed, vigil_begins, with_one_time) {
  const pair = await Pair.create(path);
  const random = seeded(seed);
  const flying = [];
  let sent = 0, opened = 0, lost = 0, twice = 0;
  while (sent < 200 || flying.length > 0) {
    if (sent < 200 && (flying.length < 5 || random() < 0.5)) {
      const by_vigil = sent === 0 ? vigil_begins : random() < 0.5;
      // Once a session runs the prekey is not used; both may begin at once, as in life.
      const message = by_vigil ? await pair.from_vigil(2, `message ${sent}`, with_one_time) : await pair.from_other(2, `message ${sent}`, with_one_time);
      flying.push({ ...message, number: sent++ });
      continue;
    }
    const oldest = sent - flying[0].number >= 4;
    const [message] = flying.splice(oldest ? 0 : Math.floor(random() * flying.length), 1);
    if (random() < 0.1) { lost++; continue; }
    await pair.open(message);
    opened++;
    if (random() < 0.2) { await pair.refused(message); twice++; }
  }
  assert.equal(opened + lost, 200);
  assert(lost > 0 && twice > 0);
  await pair.peer.end();
}

const scenarios = {
  'fingerprints are equal': async (path) => {
    const { peer, other, vigil } = await Pair.create(path);
    const [number] = await peer.ok('safety', 'vigil@example', 'other@example', hex(other.identity));
    const theirs = signal.Fingerprint.new(5200, 1, Buffer.from('other@example'), other.private_key.getPublicKey(),
      Buffer.from('vigil@example'), signal.PublicKey.deserialize(vigil));
    assert.equal(theirs.displayableFingerprint().toString(), number);
    await peer.end();
  },
  'HPKE: @hpke/core opens ours, we open theirs': async (path) => {
    const peer = new Peer(path);
    const [own] = await peer.ok('hpke_key');
    const info = Buffer.from('vigil envelope');
    for (const length of [0, 1, 974, 57294]) {
      const plain = randomBytes(length), aad = randomBytes(34);
      const pair = await suite.kem.generateKeyPair();
      const to = hex(await suite.kem.serializePublicKey(pair.publicKey));
      const [ours] = await peer.ok('hpke_seal', to, hex(info), hex(aad), hex(plain));
      const reader = await suite.createRecipientContext({ recipientKey: pair.privateKey, enc: unhex(ours).subarray(0, 32), info });
      assert.deepEqual(Buffer.from(await reader.open(unhex(ours).subarray(32), aad)), plain);
      const sender = await suite.createSenderContext({ recipientPublicKey: await suite.kem.deserializePublicKey(unhex(own)), info });
      const theirs = Buffer.concat([Buffer.from(sender.enc), Buffer.from(await sender.seal(plain, aad))]);
      assert.deepEqual(unhex((await peer.ok('hpke_open', hex(info), hex(aad), hex(theirs)))[0]), plain);
      theirs[theirs.length - 1] ^= 1;
      await peer.fault('hpke_open', hex(info), hex(aad), hex(theirs));
    }
    await peer.end();
  },
  'bundles: each refuses what the other did not sign': async (path) => {
    const { peer, other, vigil } = await Pair.create(path);
    const good = await other.bundle(now);
    const bad = Buffer.from(good);
    bad[bad.length - 1] ^= 1;
    assert.equal(await peer.fault('learn', hex(bad), hex(other.identity), now, 0), 'not signed by this identity');
    await peer.fault('learn', hex(good), hex(vigil), now, 0);
    const theirs = unhex((await peer.ok('bundle', now))[0]);
    theirs[theirs.length - 1] ^= 1;
    assert.throws(() => other.learn(theirs, vigil));
    await peer.end();
  },
  'all sizes, empty to the largest text': async (path) => {
    const pair = await Pair.create(path);
    for (const [text, size] of [['', 1024], ['x'.repeat(600), 1024], ['x'.repeat(3700), 4096], ['x'.repeat(15900), 16384], ['x'.repeat(56900), 57344]]) {
      const ours = await pair.from_vigil(1, text, true);
      assert.equal(ours.envelope.length, size);
      await pair.open(ours);
      await pair.open(await pair.from_other(1, text, true, size));
    }
    assert.deepEqual(sizes, [1024, 4096, 16384, 57344]);
    await pair.peer.end();
  },
  'one-shots, both ways, before any session and beside one; a replay is refused': async (path) => {
    const pair = await Pair.create(path);
    for (let i = 0; i < 3; ++i) {
      const id = randomBytes(16), text = `once ${i}`;
      const [envelope] = await pair.peer.ok('once', hex(pair.other.identity), hex(pair.other.address_hash), 4096, hex(id), hex(Buffer.from(text)));
      const opened = await pair.other.open(unhex(envelope), pair.other.address_hash, pair.vigil);
      assert.equal(opened.text, text);
      assert(opened.one_shot);
      const theirs = { to_vigil: true, id, text, envelope: await pair.other.once(pair.vigil_address, 4096, id, text) };
      await pair.open(theirs);
      assert.equal(await pair.refused(theirs), 'opened before');
      await pair.open(await pair.from_vigil(2, 'beside', true));
      await pair.open(await pair.from_other(2, 'beside', true));
    }
    await pair.peer.end();
  },
  'a changed byte anywhere is refused and harms nothing': async (path) => {
    const pair = await Pair.create(path);
    for (const make of ['from_vigil', 'from_other']) {
      const message = await pair[make](2, 'genuine', true);
      for (let at = 0; at < message.envelope.length; at += 113) {
        const bent = Buffer.from(message.envelope);
        bent[at] ^= 1;
        await pair.refused({ ...message, envelope: bent });
      }
      await pair.open(message);
    }
    await pair.peer.end();
  },
  'a session forgotten by one side begins anew': async (path) => {
    const pair = await Pair.create(path);
    await pair.open(await pair.from_vigil(2, 'one', true));
    await pair.open(await pair.from_other(2, 'two', true));
    await pair.peer.ok('forget', hex(pair.other.identity));
    assert.match(await pair.refused(await pair.from_other(2, 'lost', true)), /not for us/);
    await pair.open(await pair.from_vigil(2, 'again', true));
    await pair.open(await pair.from_other(2, 'three', true));
    await pair.peer.end();
  },
};
for (let seed = 1; seed <= 8; ++seed) {
  const vigil_begins = seed % 2 === 0, with_one_time = seed % 4 < 2;
  scenarios[`200 messages with loss, duplicates, reordering: seed ${seed}, ${vigil_begins ? 'Vigil' : 'Signal'} begins, ` +
    `${with_one_time ? 'with' : 'without'} one-time prekey`] = (path) => talk(path, seed, vigil_begins, with_one_time);
}

const path = process.argv[2];
assert(path, 'usage: node interop.mjs PEER');
let failed = 0;
for (const [name, run] of Object.entries(scenarios)) {
  const started = Date.now();
  try {
    await run(path);
    console.log(`ok      ${name} (${Date.now() - started} ms)`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${name}: ${error.stack}`);
  }
}
console.log(failed === 0 ? `all ${Object.keys(scenarios).length} scenarios passed` : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
