/**
 * Capabilities: the parts of root's power (capabilities(7)).
 *
 * They belong to a thread, and V8's threads are there before our first line,
 * so what drops them in a running program leaves some threads as they were.
 * Therefore a parent gives its child few capabilities at birth:
 *
 * ```text
 * parent's main thread: NOROOT · inheritable = keep · ambient = keep
 *      └─ fork, exec ─▶ child: every thread has `keep` and no more
 * then the parent takes it back: ambient none · inheritable none · NOROOT off
 * ```
 *
 * @module
 */

import { libc, succeed } from "./libc.ts";
import { viewOf } from "./netlink_message.ts";

/** Binding ports below 1024. */
export const CAP_NET_BIND_SERVICE = 10;
/** Interfaces, addresses, routes, marks. */
export const CAP_NET_ADMIN = 12;

const VERSION_3 = 0x20080522;
/** Places in struct __user_cap_data_struct, of which there are two. */
const EFFECTIVE = 0;
const INHERITABLE = 8;
const DATA_LENGTH = 24;

const PR_SET_SECUREBITS = 28;
/** SECBIT_NOROOT: user 0 gains nothing by exec. */
const NOROOT = 1;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_RAISE = 2;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;

/** Whether this thread may use `capability`, below 32. */
export function hasCapability(capability: number): boolean {
  const effective = viewOf(readSets()).getUint32(EFFECTIVE, true);
  return (effective >>> capability & 1) === 1;
}

/**
 * Runs `spawn` so that the process it starts has the capabilities `keep`, below
 * 32, and no others, in all its threads.
 *
 * @param spawn forks before it returns, on this thread, as Deno.Command does
 * @throws {SystemError} of call "prctl" or "capset" where they may not be given
 */
export function withCapabilities<Result>(
  keep: readonly number[],
  spawn: () => Result,
): Result {
  const mask = keep.reduce((bits, capability) => bits | 1 << capability, 0);
  const before = viewOf(readSets()).getUint32(INHERITABLE, true);
  try {
    control(PR_SET_SECUREBITS, NOROOT);
    setInheritable(mask);
    for (const capability of keep) {
      control(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability);
    }
    return spawn();
  } finally {
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    setInheritable(before);
    libc.prctl(PR_SET_SECUREBITS, 0, 0, 0, 0);
  }
}

function control(option: number, first: number, second = 0): void {
  succeed(libc.prctl(option, first, second, 0, 0), "prctl");
}

function setInheritable(mask: number): void {
  const sets = readSets();
  viewOf(sets).setUint32(INHERITABLE, mask, true);
  succeed(libc.capset(header(), sets), "capset");
}

function readSets(): Uint8Array<ArrayBuffer> {
  const sets = new Uint8Array(DATA_LENGTH);
  succeed(libc.capget(header(), sets), "capget");
  return sets;
}

/** struct __user_cap_header_struct: 0 version u32 · 4 thread i32, 0 is this one. */
function header(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8);
  viewOf(bytes).setUint32(0, VERSION_3, true);
  return bytes;
}
