// A relay in a process of its own, and a WebSocket peer that can also send what no client should: for conformance.mjs.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { read, write } from './protobuf.mjs';

// What must come and does not come within this is a failure; nothing is timed.
const patience_ms = 20_000;

// A ClientFrame that asks for the routes; filled up to 'bytes' with a field that no relay knows.
export function ask(id, bytes = 0) {
  const asked = write([[1, write([[1, id], [30, write([[1, 1_000_000]])]])]]);
  if (bytes === 0) return asked;
  for (let fill = bytes - asked.length - 2; fill > 0; fill--) {
    const filled = Buffer.concat([asked, write([[15, Buffer.alloc(fill)]])]);
    if (filled.length === bytes) return filled;
  }
  throw new Error(`no message has ${bytes} bytes`);
}

// A frame of a client's. 'length' overrides what the header says, 'length_bytes' how many bytes it takes (0, 2 or 8).
export function whole({ opcode, payload, fin = true, reserved = 0, masked = true, length, length_bytes }) {
  const says = length ?? BigInt(payload.length);
  const wide = length_bytes ?? (says < 126n ? 0 : says < 65536n ? 2 : 8);
  const mask_bit = masked ? 128 : 0;
  const head = [Buffer.from([(fin ? 128 : 0) | (reserved << 4) | opcode])];
  if (wide === 0) head.push(Buffer.from([mask_bit | Number(says)]));
  if (wide === 2) head.push(Buffer.from([mask_bit | 126, Number(says >> 8n), Number(says & 255n)]));
  if (wide === 8) {
    const long = Buffer.alloc(8);
    long.writeBigUInt64BE(says);
    head.push(Buffer.from([mask_bit | 127]), long);
  }
  if (!masked) return Buffer.concat([...head, payload]);
  const mask = randomBytes(4);
  return Buffer.concat([...head, mask, payload.map((octet, at) => octet ^ mask[at % 4])]);
}

// TLS to the relay, read as a stream of bytes.
export class Line {
  #here = Buffer.alloc(0);
  #over = false;
  #woken = () => {};

  static async open(port) {
    const line = new Line();
    line.socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, minVersion: 'TLSv1.3' });
    line.socket.setNoDelay(true);
    line.socket.on('data', (bytes) => {
      line.#here = Buffer.concat([line.#here, bytes]);
      line.#woken();
    });
    const over = () => {
      line.#over = true;
      line.#woken();
    };
    line.socket.on('end', over).on('close', over).on('error', over);
    await once(line.socket, 'secureConnect');
    return line;
  }

  write(bytes) { this.socket.write(bytes); }
  end() { this.socket.destroy(); }

  async #more() {
    const late = Symbol();
    let timer;
    const waited = new Promise((resolve) => { timer = setTimeout(resolve, patience_ms, late); });
    const result = await Promise.race([new Promise((resolve) => { this.#woken = resolve; }), waited]);
    clearTimeout(timer);
    assert.notEqual(result, late, 'the relay says nothing');
  }
  // Null: closed before.
  async take(count) {
    while (this.#here.length < count && !this.#over) await this.#more();
    if (this.#here.length < count) return null;
    const taken = this.#here.subarray(0, count);
    this.#here = this.#here.subarray(count);
    return taken;
  }
  async until(mark) {
    while (this.#here.indexOf(mark) < 0 && !this.#over) await this.#more();
    const at = this.#here.indexOf(mark);
    assert(at >= 0, 'the relay has closed');
    return this.take(at + mark.length);
  }
  async rest() {
    while (!this.#over) await this.#more();
    return this.#here;
  }
}

// A member's WebSocket, greeted.
export class Peer {
  static async open(relay, more = '') {
    const peer = new Peer();
    peer.line = await Line.open(relay.port);
    const key = randomBytes(16).toString('base64');
    peer.line.write(Buffer.from(
      `GET ${relay.path} HTTP/1.1\r\nHost: relay\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\n` +
      `Sec-WebSocket-Version: 13\r\n${more}\r\n`));
    peer.head = (await peer.line.until('\r\n\r\n')).toString('latin1');
    const accepted = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    assert.match(peer.head, /^HTTP\/1.1 101 /);
    assert(peer.head.includes(`\r\nSec-WebSocket-Accept: ${accepted}\r\n`), peer.head);
    const greeting = await peer.next();
    assert.equal(greeting.opcode, 2);
    assert(read(greeting.payload).has(1));
    return peer;
  }

  send(frame) { this.line.write(whole(frame)); }

  // The relay's next frame, which must be a whole, unmasked one in the shortest form; null: closed.
  async next() {
    const head = await this.line.take(2);
    if (head === null) return null;
    assert.equal(head[0] & 0xf0, 0x80, 'whole, nothing reserved');
    assert.equal(head[1] & 0x80, 0, 'not masked');
    let bytes = head[1];
    if (bytes === 126) {
      bytes = (await this.line.take(2)).readUInt16BE();
      assert(bytes >= 126);
    } else if (bytes === 127) {
      bytes = Number((await this.line.take(8)).readBigUInt64BE());
      assert(bytes >= 65536);
    }
    const opcode = head[0] & 15;
    assert([2, 8, 9, 10].includes(opcode));
    return { opcode, payload: await this.line.take(bytes) };
  }
  // The ids of what the next frame answers, all of it done.
  async answers() {
    const frame = await this.next();
    assert.equal(frame?.opcode, 2);
    const ids = [];
    // One answer after the other: field 2, each of less than 128 bytes.
    for (let at = 0; at < frame.payload.length; at += 2 + frame.payload[at + 1]) {
      assert.equal(frame.payload[at], 0x12);
      const answer = read(frame.payload.subarray(at + 2, at + 2 + frame.payload[at + 1]));
      assert.equal(answer.get(2), 1);
      ids.push(answer.get(1));
    }
    return ids;
  }
  async answered(id) { assert.deepEqual(await this.answers(), [id]); }
  async closed_with(code) {
    const frame = await this.next();
    assert.equal(frame?.opcode, 8, 'a close');
    assert.deepEqual([...frame.payload], [code >> 8, code & 255], 'this code and not a word more');
    this.send({ opcode: 8, payload: frame.payload });
    await this.gone();
  }
  async gone() { assert.equal(await this.next(), null); }
}

async function free_port() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export class Relay {
  static async start(vigild) {
    const relay = new Relay();
    relay.folder = mkdtempSync(join(tmpdir(), 'vigil-conformance-'));
    relay.port = await free_port();
    const data = join(relay.folder, 'relay'), config = ['--config', join(data, 'vigild.toml')];
    execFileSync(vigild, ['init', '--data', data, '--host', '127.0.0.1', '--port', String(relay.port)]);
    relay.process = spawn(vigild, ['serve', ...config], { stdio: ['ignore', 'ignore', 'inherit'] });
    relay.exit = once(relay.process, 'exit');
    for (let tries = 0; ; tries++) {
      try {
        execFileSync(vigild, ['status', ...config], { stdio: 'ignore' });
        break;
      } catch (error) {
        if (tries === 300 || relay.process.exitCode !== null) throw error;
        await new Promise((resolve) => { setTimeout(resolve, 100); });
      }
    }
    const [line] = execFileSync(vigild, ['invite', ...config]).toString().split('\n');
    const invite = read(Buffer.from(line.slice('vigil:join:'.length), 'base64url'));
    const routes = read(read(invite.get(1)).get(1));
    relay.path = read(routes.get(5)).get(3).toString();
    return relay;
  }
  ask_to_stop() { this.process.kill('SIGTERM'); }
  async ended() { return (await this.exit)[0]; }
  remove() {
    if (this.process.exitCode === null) this.process.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
