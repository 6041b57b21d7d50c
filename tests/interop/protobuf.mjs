// The few protobuf messages of proto/content.proto that this test needs, written and read by hand: an implementation of the format
// that shares no code with Vigil's.

function varint(number) {
  let value = BigInt(number);
  const out = [];
  do {
    const low = Number(value & 127n);
    value >>= 7n;
    out.push(value > 0n ? low | 128 : low);
  } while (value > 0n);
  return Buffer.from(out);
}

// fields: [number, value]; a Buffer is a length-delimited field, a number or bigint a varint. Zero and empty are left out (proto3).
export function write(fields) {
  const out = [];
  for (const [number, value] of fields) {
    if (Buffer.isBuffer(value)) {
      if (value.length > 0) out.push(varint((number << 3) | 2), varint(value.length), value);
    } else if (BigInt(value) !== 0n) {
      out.push(varint(number << 3), varint(value));
    }
  }
  return Buffer.concat(out);
}

// Map of field number to its last value.
export function read(bytes) {
  const fields = new Map();
  let at = 0;
  const next = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const octet = bytes[at++];
      if (octet === undefined) throw new Error('protobuf: cut off');
      value |= BigInt(octet & 127) << shift;
      if (octet < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(next());
    if ((tag & 7) === 0) {
      fields.set(tag >> 3, Number(next()));
    } else if ((tag & 7) === 2) {
      const length = Number(next());
      fields.set(tag >> 3, bytes.subarray(at, at + length));
      at += length;
    } else {
      throw new Error(`protobuf: wire type ${tag & 7}`);
    }
  }
  return fields;
}
