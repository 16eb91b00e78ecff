/**
 * A virtual machine with Linux's own WireGuard: booting it, and running commands in it; see kernel_image.ts for what
 * is in it.
 *
 * It boots in some ten seconds of pure emulation: nested virtualisation is seldom there, and speed is not what it is
 * for.
 *
 * @module
 */

import { cached } from "./install.ts";
import { END, READY } from "./kernel_image.ts";
import type { Host, Program } from "./netns.ts";
import { type Result, until } from "./process.ts";

/** What a machine is to have. */
export interface MachineOptions {
  /** The tap of the host that its eth0 is wired to; without it has no network. */
  tap?: string;
  /** Memory, in MiB. */
  mebibytes?: number;
}

/** A booted virtual machine; takes one command at a time. */
export class Machine {
  #last: Promise<unknown> = Promise.resolve();

  constructor(readonly program: Program) {}

  /** Runs a shell script in the machine, after those that were asked for before. */
  shell(script: string, limit = 60_000): Promise<Result> {
    const result = this.#last.then(() => this.#ask(script, limit));
    this.#last = result.catch(() => {});
    return result;
  }

  async #ask(script: string, limit: number): Promise<Result> {
    const background = this.program.process;
    background.log = "";
    await background.write(`${base64(script)}\n`);
    const [, stdout = "", stderr = "", code] = await background.says(
      ANSWER,
      limit,
    );
    return {
      code: Number(code),
      stdout: fromBase64(stdout),
      stderr: fromBase64(stderr),
    };
  }
}

const ANSWER = new RegExp(`^(\\S*)\\r?\\n(\\S*)\\r?\\n${END} (\\d+)`);

/** Boots a machine in a host. @param initrd its disk; the kernel lies in kernel() */
export async function bootMachine(
  host: Host,
  initrd: string,
  options: MachineOptions = {},
): Promise<Machine> {
  const program = await host.spawn(qemu(initrd, options));
  await until("the virtual machine boots", 90_000, async () => {
    const console = await host.readIf("/run/console") ?? "";
    if (program.process.ended) {
      throw new Error(`qemu ended: ${program.log}\n${console}`);
    }
    return console.includes(READY) ? true : undefined;
  });
  return new Machine(program);
}

function qemu(
  initrd: string,
  { tap, mebibytes = 384 }: MachineOptions,
): string[] {
  const linux = cached("kernel")?.replace(/initrd\.gz$/, "vmlinuz") ?? "";
  return [
    ...[
      "qemu-system-x86_64",
      "-accel",
      "tcg",
      "-cpu",
      "max",
      "-m",
      String(mebibytes),
      "-no-reboot",
      "-display",
      "none",
      "-vga",
      "none",
    ],
    ...["-monitor", "none", "-serial", "file:/run/console", "-serial", "stdio"],
    ...[
      "-kernel",
      linux,
      "-initrd",
      initrd,
      "-append",
      "console=ttyS0 quiet panic=1",
    ],
    ...(tap === undefined ? ["-nic", "none"] : [
      "-netdev",
      `tap,id=n0,ifname=${tap},script=no,downscript=no`,
      "-device",
      "virtio-net-pci,netdev=n0,romfile=",
    ]),
  ];
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function fromBase64(text: string): string {
  return new TextDecoder().decode(
    Uint8Array.from(atob(text), (char) => char.charCodeAt(0)),
  );
}
