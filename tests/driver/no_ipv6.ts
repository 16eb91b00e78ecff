/**
 * Caktus's daemon on a machine whose kernel has no IPv6, or acts so: every
 * socket of that family fails with EAFNOSUPPORT, by seccomp(2).
 *
 * @module
 */

import { libc, succeed } from "../../ffi/libc.ts";
import { Struct } from "../../ffi/memory.ts";
import { runDaemon } from "../../src/driver/daemon.ts";

const AF_INET6 = 10;
const SOCKET = Deno.build.arch === "aarch64" ? 198 : 41;
const PR_SET_SECCOMP = 22;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_MODE_FILTER = 2;

/** Lines of struct sock_filter: u16 code · u8 jump if true · u8 jump if false · u32 operand. */
const FILTER = [
  [0x20, 0, 0, 0], // load the call's number
  [0x15, 0, 3, SOCKET], // another: to the end
  [0x20, 0, 0, 16], // load the first argument
  [0x15, 0, 1, AF_INET6],
  [0x06, 0, 0, 0x0005_0061], // errno 97
  [0x06, 0, 0, 0x7fff_0000], // allow
] as const;

const filter = new Struct(8 * FILTER.length), program = new Struct(16);
FILTER.forEach(([code, yes, no, operand], i) => {
  filter.view.setUint16(8 * i, code, true);
  filter.bytes.set([yes, no], 8 * i + 2);
  filter.setU32(8 * i + 4, operand);
});
program.setU32(0, FILTER.length);
program.setWord(8, filter.address);
succeed(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
const { address } = program;
succeed(
  libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, address, 0, 0),
  "prctl",
);
if (filter.bytes.length === 0) {
  throw new Error("the filter must live until here");
}

Deno.exit(await runDaemon(Deno.args[0] ?? "wg0"));
