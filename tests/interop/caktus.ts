/**
 * Caktus itself as a peer: `caktus up` with a wg0.conf in /etc/wireguard of the host, `caktus down` to stop.
 *
 * @module
 */

import { exists, ROOT } from "./install.ts";
import type { Host } from "./netns.ts";
import type { Peer, Running } from "./peers.ts";
import { failure, type Result } from "./process.ts";
import { confText } from "./settings.ts";
import { BINARY, SOURCE } from "../program.ts";

const commands = new WeakMap<Peer, readonly string[]>();

/** Caktus from source. */
export const caktus: Peer = program("caktus", SOURCE);

/** Caktus as `deno task compile` made it. */
export const caktusBinary: Peer = program("caktus-binary", BINARY);

/** The command line of Caktus, of either kind. @throws RangeError where the peer is another implementation */
export function commandOf(peer: Peer): readonly string[] {
  const command = commands.get(peer);
  if (!command) throw new RangeError(`${peer.name} is not Caktus`);
  return command;
}

/** Whether the peer is Caktus, of either kind. */
export function isCaktus(peer: Peer): boolean {
  return peer === caktus || peer === caktusBinary;
}

function program(name: string, command: readonly string[]): Peer {
  const path = command.at(-1) ?? "";
  const peer: Peer = {
    name,
    missing: () =>
      exists(path) ? undefined : `there is no ${path.slice(ROOT.length)}`,
    prepare: () => Promise.resolve(),
    start: async (host, interfaceName, settings) => {
      await host.write(
        `/etc/wireguard/${interfaceName}.conf`,
        confText(settings),
      );
      const running = new CaktusRunning(peer, host, interfaceName);
      await running.up();
      return running;
    },
  };
  commands.set(peer, command);
  return peer;
}

class CaktusRunning implements Running {
  #log = "";

  constructor(
    readonly peer: Peer,
    readonly host: Host,
    readonly link: string,
  ) {}

  async up(): Promise<void> {
    await this.#caktus("up");
  }

  run(...command: string[]): Promise<Result> {
    return this.host.run(...command);
  }

  runFor(timeout: number, ...command: string[]): Promise<Result> {
    return this.host.runWith({ timeout }, ...command);
  }

  must(...command: string[]): Promise<string> {
    return this.host.must(...command);
  }

  log(): string {
    return this.#log;
  }

  async stop(): Promise<void> {
    await this.#caktus("down");
  }

  async crash(): Promise<void> {
    await this.host.shell(`kill -9 $(${daemonPids(this.link)})`);
    await this.#caktus("down");
  }

  async #caktus(word: "up" | "down"): Promise<void> {
    const command = [...commandOf(this.peer), word, this.link];
    const result = await this.host.run(...command);
    this.#log += `${result.stdout}${result.stderr}`;
    if (result.code !== 0) {
      throw new Error(`${this.host.name}: ${failure(command, result)}`);
    }
  }
}

/** A shell command that prints the PIDs of the interface's daemon. */
export function daemonPids(name: string): string {
  return `pgrep -f '[ ]daemon ${name}( |$)'`;
}
