/** The steps of `reload` that touch nothing of a kernel. @module */

import { deepStrictEqual, rejects } from "node:assert";
import type { DnsChange } from "../../src/quick/dns_change.ts";
import { Interrupts } from "../../src/quick/interrupts.ts";
import type { NameService } from "../../src/quick/machine.ts";
import {
  type ReloadContext,
  ReloadSteps,
} from "../../src/quick/reload_steps.ts";
import { readState, type State, StateFile } from "../../src/quick/state.ts";

function dns(server: string): DnsChange {
  const servers = { servers: [server], search: [] };
  return { kind: "dns", dns: servers, how: "resolvconf", record: server };
}

Deno.test("a reload that is interrupted gives the machine its name servers back", async () => {
  const folder = await Deno.makeTempDir(), said: string[] = [];
  try {
    const old = dns("10.0.0.1"), wanted = dns("10.0.0.2");
    StateFile.create(folder, "wg0", "/wg0.conf", []).record(old);
    const state: State = readState(folder, "wg0")!;
    const interrupts = new Interrupts();
    const nameService = {
      ways: () => [wanted],
      set: ({ dns }, _, signal) => {
        said.push(`set ${dns.servers}`);
        if (dns.servers[0] === "10.0.0.2") interrupts.interrupt("SIGINT");
        return signal.aborted
          ? Promise.reject(signal.reason)
          : Promise.resolve();
      },
      restore: ({ dns }) =>
        Promise.resolve(void said.push(`unset ${dns.servers}`)),
      restoreLost: () => Promise.resolve(false),
    } satisfies NameService;
    const context = {
      machine: { nameService },
      report: { step: () => {}, warn: (text: string) => said.push(text) },
      interrupts,
    } as unknown as ReloadContext;
    const steps = new ReloadSteps(state, "/wg0.conf", context, folder);
    await rejects(steps.nameServers(wanted.dns, state.changes), /SIGINT/);
    await steps.allBack();
    deepStrictEqual(said, [
      "unset 10.0.0.1",
      "set 10.0.0.2",
      "unset 10.0.0.2",
      "set 10.0.0.1",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
