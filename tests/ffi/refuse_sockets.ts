/**
 * A kernel that lacks a kind of socket, or acts so: seccomp(2) refuses it to
 * this process and all that it starts.
 *
 * @module
 */

import { libc, succeed } from "../../ffi/libc.ts";
import { Struct } from "../../ffi/memory.ts";

const SOCKET = Deno.build.arch === "aarch64" ? 198 : 41;
const PR_SET_SECCOMP = 22;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_MODE_FILTER = 2;
/** Where struct seccomp_data has the first argument; each has 8 bytes. */
const ARGUMENTS = 16;

/**
 * Lets socket(2) fail for good in this thread.
 *
 * @param argument which of its arguments is looked at: 0 family, 2 protocol
 * @param value at which it fails
 */
export function refuseSockets(
  argument: number,
  value: number,
  errno: number,
): void {
  // Lines of struct sock_filter: u16 code · u8 jump if true · u8 jump if false · u32 operand.
  const lines = [
    [0x20, 0, 0, 0], // load the call's number
    [0x15, 0, 3, SOCKET], // another: to the end
    [0x20, 0, 0, ARGUMENTS + 8 * argument],
    [0x15, 0, 1, value],
    [0x06, 0, 0, 0x0005_0000 + errno],
    [0x06, 0, 0, 0x7fff_0000], // allow
  ] as const;
  const filter = new Struct(8 * lines.length), program = new Struct(16);
  lines.forEach(([code, yes, no, operand], i) => {
    filter.view.setUint16(8 * i, code, true);
    filter.bytes.set([yes, no], 8 * i + 2);
    filter.setU32(8 * i + 4, operand);
  });
  program.setU32(0, lines.length);
  program.setWord(8, filter.address);
  succeed(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
  const mode = SECCOMP_MODE_FILTER;
  succeed(libc.prctl(PR_SET_SECCOMP, mode, program.address, 0, 0), "prctl");
  if (filter.bytes.length === 0) throw new Error("it must live until here");
}
