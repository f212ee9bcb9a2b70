/** Defines how one field of a message is read. */
export interface FieldShape {
  readonly name: string;
  readonly type: 'string' | 'bytes' | 'hex' | 'varint' | 'bool' | 'double' | 'fixed64' | MessageShape;
  readonly repeated?: boolean;
}

/** The fields of a message to read, by number; other fields are skipped. */
export type MessageShape = ReadonlyMap<number, FieldShape>;

/** The most levels of nesting. A real request has fewer; more would be an attack. */
const MAX_DEPTH = 40;

/**
 * Converts a protobuf message to plain objects with the names of the JSON mapping. As in that mapping,
 * 64-bit integers become decimal strings; ids become hexadecimal.
 *
 * @throws RangeError if the bytes end too early or are nested too deeply, TypeError for an unknown wire
 *   type
 */
export function readMessage(bytes: Buffer, shape: MessageShape, depth = 0): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw new RangeError('The message is nested too deeply.');
  const reader = new Reader(bytes);
  const message: Record<string, unknown> = {};
  while (!reader.done) {
    const tag = reader.varint();
    const wire = Number(tag & 7n);
    const field = shape.get(Number(tag >> 3n));
    if (field === undefined) {
      reader.skip(wire);
      continue;
    }
    const values = valuesOf(reader, wire, field, depth);
    if (field.repeated === true) {
      const list = (message[field.name] ??= []) as unknown[];
      for (const value of values) list.push(value);
    } else {
      message[field.name] = values[0];
    }
  }
  return message;
}

/** Yields the values of a field; repeated numbers are packed into one field. */
function valuesOf(reader: Reader, wire: number, field: FieldShape, depth: number): unknown[] {
  const { type } = field;
  if (wire === 2 && (type === 'double' || type === 'fixed64' || type === 'varint' || type === 'bool')) {
    const packed = new Reader(reader.bytes());
    const values: unknown[] = [];
    while (!packed.done) values.push(scalar(packed, type));
    return values;
  }
  if (wire === 2) {
    const bytes = reader.bytes();
    if (type === 'string') return [bytes.toString('utf8')];
    if (type === 'hex') return [bytes.toString('hex')];
    if (type === 'bytes') return [bytes.toString('base64')];
    return [readMessage(bytes, type as MessageShape, depth + 1)];
  }
  return [scalar(reader, type)];
}

function scalar(reader: Reader, type: FieldShape['type']): unknown {
  switch (type) {
    case 'double':
      return reader.double();
    case 'fixed64':
      return reader.fixed64().toString();
    case 'bool':
      return reader.varint() !== 0n;
    default:
      return BigInt.asIntN(64, reader.varint()).toString();
  }
}

class Reader {
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  get done(): boolean {
    return this.at >= this.buffer.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.take(1)[0] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('A number is longer than ten bytes.');
  }

  fixed64(): bigint {
    return this.take(8).readBigUInt64LE();
  }

  double(): number {
    return this.take(8).readDoubleLE();
  }

  bytes(): Buffer {
    return this.take(Number(this.varint()));
  }

  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.take(8);
    else if (wire === 2) this.bytes();
    else if (wire === 5) this.take(4);
    else throw new TypeError(`Unknown wire type ${wire}.`);
  }

  private take(length: number): Buffer {
    const end = this.at + length;
    if (!(end <= this.buffer.length)) throw new RangeError('The message ends too early.');
    const taken = this.buffer.subarray(this.at, end);
    this.at = end;
    return taken;
  }
}
