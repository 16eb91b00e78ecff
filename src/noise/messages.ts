/**
 * The four messages on the wire: sizes, places, reading and writing
 * (whitepaper §5.4.2 to §5.4.7).
 *
 * ```text
 * initiation, 148       response, 92          cookie reply, 64      transport data, 32 or more
 *   0 type 1              0 type 2              0 type 3              0 type 4
 *   4 sender              4 sender              4 receiver            4 receiver
 *   8 ephemeral 32        8 receiver            8 nonce 24            8 counter 8
 *  40 static 32 + 16     12 ephemeral 32       32 cookie 16 + 16     16 packet, tag 16
 *  88 timestamp 12 + 16  44 empty 0 + 16
 * 116 mac1 16            60 mac1 16
 * 132 mac2 16            76 mac2 16
 * ```
 *
 * Type, sender, receiver and counter are little-endian. The paper's type is
 * one byte and three reserved zeros, which is the same.
 *
 * Reading copies nothing: fields are views of the message. Nothing here
 * checks that a message is authentic.
 *
 * @module
 */

/** Type of a handshake initiation (§5.4.2). */
export const INITIATION = 1;
/** Type of a handshake response (§5.4.3). */
export const RESPONSE = 2;
/** Type of a cookie reply (§5.4.7). */
export const COOKIE_REPLY = 3;
/** Type of a transport data message (§5.4.6). */
export const TRANSPORT_DATA = 4;

/** Bytes of a handshake initiation. */
export const INITIATION_LENGTH = 148;
/** Bytes of a handshake response. */
export const RESPONSE_LENGTH = 92;
/** Bytes of a cookie reply. */
export const COOKIE_REPLY_LENGTH = 64;
/** Bytes of the shortest transport data message: a keepalive, header and tag. */
export const KEEPALIVE_LENGTH = 32;

/** Bytes of mac1 and of mac2, the two last fields of either handshake message. */
const MACS_LENGTH = 32;

/** The sealed fields of a handshake initiation (§5.4.2). */
export interface Initiation {
  /** Unencrypted ephemeral, 32 bytes. */
  ephemeral: Uint8Array;
  /** Sealed static public key, 32 + 16 bytes. */
  static: Uint8Array;
  /** Sealed TAI64N, 12 + 16 bytes. */
  timestamp: Uint8Array;
}

/** The sealed fields of a handshake response (§5.4.3). */
export interface Response {
  /** Unencrypted ephemeral, 32 bytes. */
  ephemeral: Uint8Array;
  /** A sealed empty string, 16 bytes: the proof that the keys agree. */
  empty: Uint8Array;
}

/** The fields of a cookie reply (§5.4.7). */
export interface CookieReply {
  /** The sender index of the message that it answers. */
  receiver: number;
  /** 24 bytes. */
  nonce: Uint8Array;
  /** Sealed cookie, 16 + 16 bytes. */
  cookie: Uint8Array;
}

/**
 * The type of the datagram at `at`: one of the four constants, or 0 where the
 * type is unknown or does not go with `length`.
 */
export function messageType(
  bytes: Uint8Array,
  at: number,
  length: number,
): number {
  if (length < KEEPALIVE_LENGTH) return 0;
  const type = readWord(bytes, at);
  switch (type) {
    case TRANSPORT_DATA:
      return type;
    case INITIATION:
      return length === INITIATION_LENGTH ? type : 0;
    case RESPONSE:
      return length === RESPONSE_LENGTH ? type : 0;
    case COOKIE_REPLY:
      return length === COOKIE_REPLY_LENGTH ? type : 0;
    default:
      return 0;
  }
}

/** A 32-bit little-endian number at any place: a type, an index, half a counter. */
export function readWord(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 |
    bytes[at + 3]! << 24) >>> 0;
}

/** Writes a 32-bit little-endian number at any place. */
export function writeWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Reads an initiation of {@linkcode INITIATION_LENGTH} bytes; fields are views. */
export function readInitiation(
  message: Uint8Array,
): Initiation & { sender: number } {
  return {
    sender: readWord(message, 4),
    ephemeral: message.subarray(8, 40),
    static: message.subarray(40, 88),
    timestamp: message.subarray(88, 116),
  };
}

/** Writes an initiation, its mac1 and mac2 zero. */
export function writeInitiation(
  fields: Initiation,
  sender: number,
): Uint8Array {
  const message = new Uint8Array(INITIATION_LENGTH);
  writeWord(message, 0, INITIATION);
  writeWord(message, 4, sender);
  message.set(fields.ephemeral, 8);
  message.set(fields.static, 40);
  message.set(fields.timestamp, 88);
  return message;
}

/** Reads a response of {@linkcode RESPONSE_LENGTH} bytes; fields are views. */
export function readResponse(
  message: Uint8Array,
): Response & { sender: number; receiver: number } {
  return {
    sender: readWord(message, 4),
    receiver: readWord(message, 8),
    ephemeral: message.subarray(12, 44),
    empty: message.subarray(44, 60),
  };
}

/** Writes a response, its mac1 and mac2 zero. */
export function writeResponse(
  fields: Response,
  sender: number,
  receiver: number,
): Uint8Array {
  const message = new Uint8Array(RESPONSE_LENGTH);
  writeWord(message, 0, RESPONSE);
  writeWord(message, 4, sender);
  writeWord(message, 8, receiver);
  message.set(fields.ephemeral, 12);
  message.set(fields.empty, 44);
  return message;
}

/** Reads a cookie reply of {@linkcode COOKIE_REPLY_LENGTH} bytes; fields are views. */
export function readCookieReply(message: Uint8Array): CookieReply {
  return {
    receiver: readWord(message, 4),
    nonce: message.subarray(8, 32),
    cookie: message.subarray(32, 64),
  };
}

/** Writes a cookie reply. */
export function writeCookieReply(fields: CookieReply): Uint8Array {
  const message = new Uint8Array(COOKIE_REPLY_LENGTH);
  writeWord(message, 0, COOKIE_REPLY);
  writeWord(message, 4, fields.receiver);
  message.set(fields.nonce, 8);
  message.set(fields.cookie, 32);
  return message;
}

/** Where mac1 begins in an initiation or a response, which is what it covers. */
export function mac1At(message: Uint8Array): number {
  return message.length - MACS_LENGTH;
}

/** Where mac2 begins in an initiation or a response, which is what it covers. */
export function mac2At(message: Uint8Array): number {
  return message.length - MACS_LENGTH / 2;
}
