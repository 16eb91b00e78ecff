/**
 * How long data waits for handshakes: not a millisecond, however many come at
 * once.
 *
 * ```text
 * one turn of the loop   │ TUN │ network │ handshakes │
 *                          a batch of each   one, and others while 0.2 ms are not over
 * ```
 *
 * One takes a little longer than that; asking for a cookie takes a tenth of it. The
 * next turn begins with data again.
 *
 * @module
 */

import type { Device } from "../device/device.ts";
import { monotonic } from "./clock.ts";

/** Milliseconds of a turn after which no other handshake is begun. */
const SLICE = 0.2;

/** Deals with handshakes that wait, and sends what they send. */
export function handleHandshakes(device: Device, now: number): void {
  if (!device.handshakesWait) return;
  const end = monotonic() + SLICE;
  do device.handleHandshake(now); while (
    device.handshakesWait && monotonic() < end
  );
  device.flush(now);
}
