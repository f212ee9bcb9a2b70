/**
 * The values of one field of a protobuf message: bytes for length-delimited fields, numbers for varints.
 *
 * @param {Buffer} message
 * @param {number} wanted field number
 * @returns {Generator<Buffer | number>}
 */
export function* fields(message, wanted) {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    let value;
    switch (tag & 7) {
      case 0:
        value = varint();
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        value = message.subarray(at, at + length);
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new Error(`wire type ${tag & 7} at byte ${at}`);
    }
    if (number === wanted && value !== undefined) yield value;
  }
}
