/**
 * The door to any WireGuard interface where there is none behind it: the words
 * of wg(8), and a way out.
 *
 * @module
 */

import { deepStrictEqual, rejects, strictEqual } from "node:assert";
import { EADDRINUSE, EPERM, EPROTONOSUPPORT } from "../../ffi/errno.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { deviceErrorOf, reasonOf } from "../../src/cli/device_error.ts";
import { DeviceError, getDevice, setDevice } from "../../src/cli/devices.ts";
// Else the first test that asks the kernel would be blamed for loading it.
import "../../ffi/libc.ts";

/** Names, and what asking them gives: reason and hint. */
const NONE: [name: string, reason: string, hint: string][] = [
  ["none0", "No such device", "what there is: caktus show interfaces"],
  ["../../tmp/x", "No such device", "what there is: caktus show interfaces"],
  ["", "No such device", "what there is: caktus show interfaces"],
  [
    "of-sixteen-bytes",
    "No such device",
    "what there is: caktus show interfaces",
  ],
  ["lo", "Operation not supported", "lo is no WireGuard interface"],
];

for (const [name, reason, hint] of NONE) {
  Deno.test(`getDevice() and setDevice() say of "${name}": ${reason}`, async () => {
    const told = (error: unknown) => {
      deepStrictEqual(
        error instanceof DeviceError && [error.reason, error.hint],
        [reason, hint],
      );
      return true;
    };
    await rejects(getDevice(name), told);
    await rejects(setDevice(name, { peers: [] }), told);
  });
}

Deno.test("deviceErrorOf() says what can be done", () => {
  const hint = (errno: number, kind?: string) =>
    deviceErrorOf(new SystemError("X", errno), "wg0", kind).hint;
  strictEqual(hint(EPERM), "this needs root, as with sudo");
  strictEqual(
    hint(95, "tun"),
    "wg0 is a TUN device, and no daemon listens at /var/run/wireguard/wg0.sock",
  );
  strictEqual(
    hint(95, "veth"),
    "wg0 is no WireGuard interface: it is of kind veth",
  );
  strictEqual(hint(EPROTONOSUPPORT).endsWith("modprobe wireguard"), true);
});

Deno.test("reasonOf() takes what daemons send, negative or not", () => {
  strictEqual(reasonOf(-EADDRINUSE), "Address already in use");
  strictEqual(reasonOf(EADDRINUSE), "Address already in use");
  strictEqual(reasonOf(-4242), "Unknown error 4242");
});
