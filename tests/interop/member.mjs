// A member whose end-to-end side is Signal's own library (@signalapp/libsignal-client) and @hpke/core, speaking Vigil's formats as
// docs/protocol.md tells them.
import * as signal from '@signalapp/libsignal-client';
import { Chacha20Poly1305 } from '@hpke/chacha20poly1305';
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { createHash, randomBytes } from 'node:crypto';
import { read, write } from './protobuf.mjs';

export const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });
export const sizes = [1024, 4096, 16384, 57344];
const day = 24 * 3600;

const framed = (bytes) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
// H(label, parts) of docs/protocol.md.
export const H = (label, ...parts) =>
  createHash('sha256').update(Buffer.concat([Buffer.from(label), ...parts].map(framed))).digest();

class Sessions extends signal.SessionStore {
  records = new Map();
  key(address) { return `${address.name()}.${address.deviceId()}`; }
  async saveSession(address, record) { this.records.set(this.key(address), record.serialize()); }
  async getSession(address) {
    const record = this.records.get(this.key(address));
    return record ? signal.SessionRecord.deserialize(record) : null;
  }
  async getExistingSessions(addresses) { return Promise.all(addresses.map((address) => this.getSession(address))); }
}

class Identities extends signal.IdentityKeyStore {
  known = new Map();
  constructor(key, registration) { super(); this.key = key; this.registration = registration; }
  async getIdentityKey() { return this.key; }
  async getLocalRegistrationId() { return this.registration; }
  async saveIdentity(address, key) { this.known.set(address.name(), key); return false; }
  async isTrustedIdentity(address, key) { return address.name() === key.serialize().toString('hex'); }
  async getIdentity(address) { return this.known.get(address.name()) ?? null; }
}

class Prekeys extends signal.PreKeyStore {
  records = new Map();
  async savePreKey(id, record) { this.records.set(id, record.serialize()); }
  async getPreKey(id) {
    if (!this.records.has(id)) throw new Error(`no prekey ${id}`);
    return signal.PreKeyRecord.deserialize(this.records.get(id));
  }
  async removePreKey(id) { this.records.delete(id); }
}

class SignedPrekeys extends signal.SignedPreKeyStore {
  records = new Map();
  async saveSignedPreKey(id, record) { this.records.set(id, record.serialize()); }
  async getSignedPreKey(id) {
    if (!this.records.has(id)) throw new Error(`no signed prekey ${id}`);
    return signal.SignedPreKeyRecord.deserialize(this.records.get(id));
  }
}

export class Member {
  static async create() {
    const member = new Member();
    member.private_key = signal.PrivateKey.generate();
    member.identity = member.private_key.getPublicKey().serialize();
    member.address_hash = randomBytes(32);
    member.sessions = new Sessions();
    member.identities = new Identities(member.private_key, 1 + (randomBytes(2).readUInt16BE() % 16380));
    member.prekeys = new Prekeys();
    member.signed_prekeys = new SignedPrekeys();
    member.sequence = 0;
    member.next_id = 1;
    member.sealing = await suite.kem.generateKeyPair();
    await member.#rotate();
    return member;
  }

  async #rotate() {
    const key = signal.PrivateKey.generate();
    this.signed_id = this.next_id++;
    this.signed_public = key.getPublicKey();
    this.signed_signature = this.private_key.sign(this.signed_public.serialize());
    await this.signed_prekeys.saveSignedPreKey(
      this.signed_id, signal.SignedPreKeyRecord.new(this.signed_id, 0, this.signed_public, key, this.signed_signature));
  }

  async bundle(now) {
    const body = write([
      [1, ++this.sequence], [2, now], [3, now + 14 * day], [4, this.identity], [5, this.identities.registration],
      [6, this.signed_id], [7, this.signed_public.serialize()], [8, this.signed_signature], [9, 1],
      [10, Buffer.from(await suite.kem.serializePublicKey(this.sealing.publicKey))],
    ]);
    return write([[1, body], [2, this.private_key.sign(H('vigil bundle', body))]]);
  }

  async one_time() {
    const id = this.next_id++;
    const key = signal.PrivateKey.generate();
    await this.prekeys.savePreKey(id, signal.PreKeyRecord.new(id, key.getPublicKey(), key));
    return { id, key: key.getPublicKey().serialize() };
  }

  // Checks somebody's bundle as section "bundles" of docs/protocol.md asks, and remembers it.
  learn(bytes, identity) {
    const outer = read(bytes);
    const body = read(outer.get(1));
    const key = signal.PublicKey.deserialize(body.get(4));
    if (!body.get(4).equals(identity)) throw new Error('bundle of somebody else');
    if (!key.verify(H('vigil bundle', outer.get(1)), outer.get(2))) throw new Error('bundle not signed');
    if (!key.verify(body.get(7), body.get(8))) throw new Error('prekey not signed');
    if (body.get(3) - body.get(2) !== 14 * day) throw new Error('bundle of another age');
    this.peer = { identity, registration: body.get(5), signed_id: body.get(6), signed: body.get(7), signature: body.get(8), sealing: body.get(10) };
  }

  address(device) { return signal.ProtocolAddress.new(this.peer.identity.toString('hex'), device); }

  async #start(address, sessions, identities, one_time) {
    const { registration, signed_id, signed, signature, identity } = this.peer;
    await signal.processPreKeyBundle(
      signal.PreKeyBundle.new(
        registration, address.deviceId(), one_time ? one_time.id : null,
        one_time ? signal.PublicKey.deserialize(one_time.key) : null,
        signed_id, signal.PublicKey.deserialize(signed), signature, signal.PublicKey.deserialize(identity)),
      address, sessions, identities);
  }

  #content(id, text) {
    return write([[1, id], [3, this.identity], [4, this.peer.identity], [10, write([[1, Buffer.from(text)]])]]);
  }

  async seal(device, address_hash, size, id, text, one_time) {
    const address = this.address(device);
    if (!(await this.sessions.getSession(address))) await this.#start(address, this.sessions, this.identities, one_time);
    const message = await signal.signalEncrypt(this.#content(id, text), address, this.sessions, this.identities);
    return this.#envelope(message, device, false, address_hash, size);
  }

  async once(address_hash, size, id, text) {
    const sessions = new Sessions();
    const address = signal.ProtocolAddress.new(this.peer.identity.toString('hex'), 1);
    await this.#start(address, sessions, this.identities);
    const message = await signal.signalEncrypt(this.#content(id, text), address, sessions, this.identities);
    return this.#envelope(message, 0, true, address_hash, size);
  }

  async #envelope(message, device, one_shot, address_hash, size) {
    const inner = write([
      [1, this.identity], [2, this.peer.identity], [3, device], [4, message.type()], [5, message.serialize()], [6, one_shot ? 1 : 0],
    ]);
    const padded = Buffer.alloc(size - 2 - 48);
    padded.writeUInt32BE(inner.length);
    inner.copy(padded, 4);
    const head = Buffer.from([1, 1]);
    const sender = await suite.createSenderContext({
      recipientPublicKey: await suite.kem.deserializePublicKey(this.peer.sealing), info: Buffer.from('vigil envelope'),
    });
    const sealed = Buffer.from(await sender.seal(padded, Buffer.concat([head, address_hash])));
    return Buffer.concat([head, Buffer.from(sender.enc), sealed]);
  }

  // The text, or an Error: what Vigil's own open() refuses is refused here too.
  async open(envelope, address_hash, expected) {
    if (!sizes.includes(envelope.length) || envelope[0] !== 1 || envelope[1] !== 1) throw new Error('not an envelope');
    const recipient = await suite.createRecipientContext({
      recipientKey: this.sealing.privateKey, enc: envelope.subarray(2, 34), info: Buffer.from('vigil envelope'),
    });
    const padded = Buffer.from(await recipient.open(envelope.subarray(34), Buffer.concat([envelope.subarray(0, 2), address_hash])));
    const length = padded.readUInt32BE();
    if (padded.subarray(4 + length).some((octet) => octet !== 0)) throw new Error('padding');
    const inner = read(padded.subarray(4, 4 + length));
    if (!inner.get(1).equals(expected) || !inner.get(2).equals(this.identity)) throw new Error('wrong ends');
    const one_shot = inner.get(6) === 1;
    const sessions = one_shot ? new Sessions() : this.sessions;
    const address = this.address(one_shot ? 1 : inner.get(3));
    let plain;
    if (inner.get(4) === signal.CiphertextMessageType.PreKey) {
      const message = signal.PreKeySignalMessage.deserialize(inner.get(5));
      if (one_shot && message.preKeyId() !== null) throw new Error('a one-shot with a one-time prekey');
      plain = await signal.signalDecryptPreKey(message, address, sessions, this.identities, this.prekeys, this.signed_prekeys);
    } else {
      plain = await signal.signalDecrypt(signal.SignalMessage.deserialize(inner.get(5)), address, sessions, this.identities);
    }
    const content = read(plain);
    if (!content.get(3).equals(expected) || !content.get(4).equals(this.identity)) throw new Error('content of somebody else');
    const text = read(content.get(10)).get(1) ?? Buffer.alloc(0);
    return { id: content.get(1), text: text.toString(), one_shot, type: inner.get(4) };
  }
}
