/**
 * TAI64N, the timestamp of a handshake initiation (whitepaper §5.1).
 *
 * ```text
 * 0                            8                12
 * │ 2^62 + 10 + Unix seconds   │ nanoseconds     │  both big-endian
 * ```
 *
 * A responder takes an initiation only if its timestamp is greater than the
 * last one of that peer, so an initiator must never go backwards. Nanoseconds
 * are rounded down to a multiple of 2^24 (17 ms), or a peer could measure
 * what this machine does between two handshakes.
 *
 * Nothing here reads a clock.
 *
 * @module
 */

/** Bytes of a timestamp. */
export const TIMESTAMP_LENGTH = 12;

/** The Unix epoch in TAI64, which was ten seconds ahead of UTC in 1970. */
const EPOCH = 0x4000_0000_0000_000an;
/** Nanoseconds between two timestamps of one second: a power of two below 1/50 s. */
const STEP = 1 << 24;
const SECOND = 1_000_000_000;

/** The wall clock: Unix time. */
export interface WallTime {
  seconds: number;
  /** 0 to 999,999,999. */
  nanoseconds: number;
}

/** The timestamp of a wall time: 12 bytes. */
export function timestampOf(wall: WallTime): Uint8Array {
  const timestamp = new Uint8Array(TIMESTAMP_LENGTH);
  const view = new DataView(timestamp.buffer);
  view.setBigUint64(0, EPOCH + BigInt(wall.seconds));
  view.setUint32(8, wall.nanoseconds - wall.nanoseconds % STEP);
  return timestamp;
}

/**
 * The timestamp to send after `last` (`undefined`: none was sent): that of the
 * wall clock, or one step past `last` while the clock stands or was set back.
 */
export function nextTimestamp(
  last: Uint8Array | undefined,
  wall: WallTime,
): Uint8Array {
  const timestamp = timestampOf(wall);
  if (last === undefined || isAfter(timestamp, last)) return timestamp;
  return stepAfter(last);
}

/** Whether `a` is greater than `b`; both have 12 bytes. */
export function isAfter(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < TIMESTAMP_LENGTH; i++) {
    if (a[i] !== b[i]) return a[i]! > b[i]!;
  }
  return false;
}

function stepAfter(last: Uint8Array): Uint8Array {
  const timestamp = last.slice();
  const view = new DataView(timestamp.buffer);
  const nanoseconds = view.getUint32(8) + STEP;
  if (nanoseconds < SECOND) {
    view.setUint32(8, nanoseconds);
  } else {
    view.setBigUint64(0, view.getBigUint64(0) + 1n);
    view.setUint32(8, 0);
  }
  return timestamp;
}
