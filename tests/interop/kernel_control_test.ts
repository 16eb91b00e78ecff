/**
 * Linux's own WireGuard interfaces, shown and changed by stock wg and by Caktus side by side in a virtual machine.
 *
 * @module
 */

import { deepStrictEqual } from "node:assert";
import { caktusTest } from "./cases.ts";
import { cached } from "./install.ts";
import type { Difference } from "./kernel_beside.ts";
import { DENO_IN_MACHINE, diskWithCaktus } from "./kernel_disk.ts";
import { bootMachine } from "./kernel_machine.ts";
import { Network } from "./netns.ts";

const BESIDE = "tests/interop/kernel_beside.ts";

/** Deno, its source and packages, twice while they are unpacked, and room to work. */
const MEBIBYTES = 1024;

caktusTest(
  "wg and caktus say and do the same to the kernel's interfaces",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const disk = await diskWithCaktus(cached("kernel")!, BESIDE, folder);
      await using network = await Network.create("kernel");
      const options = { mebibytes: MEBIBYTES };
      const machine = await bootMachine(network.host("kernel"), disk, options);
      const { stdout, stderr } = await machine.shell(
        `${DENO_IN_MACHINE} ${BESIDE}`,
        300_000,
      );
      if (stdout === "") throw new Error(`nothing was compared: ${stderr}`);
      const differences: Difference[] = JSON.parse(stdout);
      deepStrictEqual(differences, []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
  ["kernel"],
);
