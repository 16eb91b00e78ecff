/**
 * The userspace implementations that are configured by the stock tools: wireguard-go and boringtun.
 *
 * Both are called `PROGRAM [options] INTERFACE`, stay in the foreground, and serve /var/run/wireguard/INTERFACE.sock.
 *
 * @module
 */

import { cached } from "./install.ts";
import type { Host, Program } from "./netns.ts";
import type { Peer, Running } from "./peers.ts";
import { failure, type Result, until } from "./process.ts";
import type { Settings } from "./settings.ts";
import { configureScript } from "./stock.ts";

/** The reference implementation in Go. */
export const wireguardGo: Peer = userspace("wireguard-go", ["-f"], {
  LOG_LEVEL: "verbose",
  WG_PROCESS_FOREGROUND: "1",
});

/** Cloudflare's implementation in Rust. */
export const boringtun: Peer = userspace("boringtun", [
  "--foreground",
  "--disable-drop-privileges",
  "--verbosity",
  "debug",
], {});

function userspace(
  name: "wireguard-go" | "boringtun",
  options: string[],
  env: Record<string, string>,
): Peer {
  const peer: Peer = {
    name,
    missing: () => cached(name) ? undefined : `${name} is not installed`,
    prepare: () => Promise.resolve(),
    start: async (host, interfaceName, settings) => {
      const path = cached(name);
      if (!path) {
        throw new Error(`${name} is not installed`);
      }
      const program = await host.spawn([path, ...options, interfaceName], env);
      const running = new UserspaceRunning(peer, host, interfaceName, program);
      try {
        await configure(running, settings);
      } catch (error) {
        await running.stop();
        throw error;
      }
      return running;
    },
  };
  return peer;
}

async function configure(
  running: UserspaceRunning,
  settings: Settings,
): Promise<void> {
  const socket = running.host.path(
    `/var/run/wireguard/${running.link}.sock`,
  );
  await until(
    `${running.peer.name} serves its socket\n${running.log()}`,
    5_000,
    () => Deno.stat(socket).then(() => true, () => undefined),
  );
  const script = configureScript(running.link, settings);
  const result = await running.run("bash", "-euc", script);
  if (result.code !== 0) {
    throw new Error(
      `${failure(["configure", running.peer.name], result)}\n${running.log()}`,
    );
  }
}

class UserspaceRunning implements Running {
  constructor(
    readonly peer: Peer,
    readonly host: Host,
    readonly link: string,
    readonly program: Program,
  ) {}

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
    return this.program.log;
  }

  async stop(): Promise<void> {
    await this.program.stop();
    await this.host.run("ip", "link", "delete", this.link);
  }

  async crash(): Promise<void> {
    await this.program.kill("KILL");
    await this.program.stop();
    await this.host.run(
      "rm",
      "-f",
      `/var/run/wireguard/${this.link}.sock`,
    );
  }
}
