/**
 * Linux's own WireGuard, in a virtual machine that takes the place of a host.
 *
 * ```text
 *  host "peer"                        virtual machine
 *    eth0 ── bridge ── tap0 ═══════════ eth0   gets the addresses that the host's eth0 had
 *    qemu: stdin, stdout ══════════════ ttyS1  takes commands
 *          /run/console ◀═════════════ ttyS0  what the kernel says
 * ```
 *
 * It boots once a host, in some ten seconds of pure emulation, so that it also runs inside a virtual machine. An
 * interface in it is made and deleted in milliseconds.
 *
 * @module
 */

import { cached } from "./install.ts";
import { bootMachine, type Machine } from "./kernel_machine.ts";
import type { Host } from "./netns.ts";
import type { Peer, Running } from "./peers.ts";
import { failure, type Result } from "./process.ts";
import type { Settings } from "./settings.ts";
import { configureScript } from "./stock.ts";

/** The machines that run, one a host. */
const machines = new WeakMap<Host, Promise<Machine>>();

/** The implementation in the kernel. */
export const kernel: Peer = {
  name: "kernel",
  missing: () =>
    cached("kernel") ? undefined : "the virtual machine is not built",
  prepare: async (host) => void await machineOf(host),
  start: async (host, name, settings) => {
    const machine = await machineOf(host);
    const running = new KernelRunning(machine, host, name);
    await running.configure(settings);
    return running;
  },
};

class KernelRunning implements Running {
  readonly peer = kernel;

  constructor(
    readonly machine: Machine,
    readonly host: Host,
    readonly link: string,
  ) {}

  async configure(settings: Settings): Promise<void> {
    const script = `ip link add ${this.link} type wireguard\n${
      configureScript(this.link, settings)
    }`;
    const result = await this.machine.shell(`set -e\n${script}`);
    if (result.code !== 0) {
      throw new Error(failure(["configure", "kernel"], result));
    }
  }

  run(...command: string[]): Promise<Result> {
    return this.runFor(30_000, ...command);
  }

  runFor(milliseconds: number, ...command: string[]): Promise<Result> {
    return this.machine.shell(command.map(quote).join(" "), milliseconds);
  }

  async must(...command: string[]): Promise<string> {
    const result = await this.run(...command);
    if (result.code !== 0) {
      throw new Error(failure(["kernel:", ...command], result));
    }
    return result.stdout;
  }

  log(): string {
    return `${this.machine.program.log}`;
  }

  async stop(): Promise<void> {
    await this.must("ip", "link", "delete", this.link);
  }

  async crash(): Promise<void> {
    await this.stop();
  }
}

function machineOf(host: Host): Promise<Machine> {
  let machine = machines.get(host);
  if (!machine) machines.set(host, machine = boot(host));
  return machine;
}

async function boot(host: Host): Promise<Machine> {
  const initrd = cached("kernel");
  if (!initrd) {
    throw new Error(
      "the virtual machine is not built: deno run -A tests/interop/install.ts",
    );
  }
  const addresses = await takeAddresses(host);
  const machine = await bootMachine(host, initrd, { tap: "tap0" });
  const script = addresses.map((address) =>
    `ip address add ${address} dev eth0${address.includes(":") ? " nodad" : ""}`
  );
  const result = await machine.shell(
    ["set -e", ...script, "ip link set eth0 up"].join("\n"),
  );
  if (result.code !== 0) {
    throw new Error(failure(["address", "the", "machine"], result));
  }
  return machine;
}

/** Takes the addresses from the host's eth0 and joins it to the machine's tap. @returns the addresses */
async function takeAddresses(host: Host): Promise<string[]> {
  const listed = await host.must(
    "ip",
    "-o",
    "address",
    "show",
    "dev",
    "eth0",
    "scope",
    "global",
  );
  await host.shell(`
    ip address flush dev eth0 scope global
    ip link add bridge type bridge
    ip tuntap add tap0 mode tap
    for each in eth0 tap0; do ip link set $each master bridge; ip link set $each up; done
    ip link set bridge up`);
  return [...listed.matchAll(/inet6? (\S+)/g)].map((match) => match[1] ?? "");
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
