/**
 * Caktus's daemon on hosts of their own, without `up`: what the daemon alone
 * does, configured by the stock tools.
 *
 * ```text
 *   left ── wg0 10.9.0.1, fd09::1 ═══ tunnel ═══ wg0 10.9.0.2, fd09::2 ── right
 *           eth0 10.8.0.1, fd08::1 ─────────────── eth0 10.8.0.2, fd08::2
 * ```
 *
 * @module
 */

import { cached } from "../interop/install.ts";
import { type Host, Network, type Program } from "../interop/netns.ts";
import { sleep, until } from "../interop/process.ts";
import { type KeyPair, keyPair } from "../interop/settings.ts";
import { CAKTUS } from "../program.ts";

/** Port of both ends. */
export const PORT = 51820;

/** Defines a test that needs root; without it the test is named as left out, and fails where CI is set. */
export function hostTest(
  name: string,
  body: () => Promise<void>,
  missing: string | undefined = undefined,
): void {
  const reason = Deno.uid() === 0 ? missing : "it needs root";
  if (reason === undefined) {
    return Deno.test({
      name,
      fn: body,
      sanitizeOps: false,
      sanitizeResources: false,
    });
  }
  const line = `LEFT OUT, ${reason}: ${name}`;
  if (Deno.env.get("CI") !== undefined) {
    return Deno.test(name, () => {
      throw new Error(line);
    });
  }
  console.error(`!!! ${line}`);
  Deno.test({ name: line, ignore: true, fn: body });
}

/** Where wireguard-go is; `undefined` where it is not installed. */
export function wireguardGo(): string | undefined {
  return cached("wireguard-go");
}

/** Starts `caktus daemon` and waits until it is ready. */
export async function startDaemon(host: Host, name = "wg0"): Promise<Daemon> {
  const program = await host.spawn([...CAKTUS, "daemon", name]);
  await program.process.says(new RegExp(`^ready ${name}$`, "m"), 10_000);
  return new Daemon(program, name);
}

/** A daemon that is ready. */
export class Daemon {
  constructor(readonly program: Program, readonly name: string) {}

  get host(): Host {
    return this.program.host;
  }

  /** The drops of the device and all its peers: how many, by reason. */
  async drops(): Promise<Map<string, number>> {
    const sums = new Map<string, number>();
    for (const line of (await this.ask("drops=1\n\n")).split("\n")) {
      const [, reason, count] = /^drop=(.*)=(\d+)$/.exec(line) ?? [];
      if (reason === undefined) continue;
      sums.set(reason, (sums.get(reason) ?? 0) + Number(count));
    }
    return sums;
  }

  /** Sends a request to the UAPI socket; the whole answer. */
  async ask(request: string): Promise<string> {
    const connection = await this.connect();
    try {
      await writeAll(connection, request);
      return await readAnswer(connection);
    } finally {
      connection.close();
    }
  }

  /** A connection to the UAPI socket. */
  async connect(): Promise<Deno.UnixConn> {
    const path = this.host.path(`/var/run/wireguard/${this.name}.sock`);
    return await Deno.connect({ transport: "unix", path });
  }

  /** Resolves to the exit status. @throws when it goes on for 5 s */
  async exits(): Promise<number> {
    const { process } = this.program;
    await until("the daemon ends", 5_000, () => process.ended || undefined);
    return await process.exited;
  }

  /** What stands in its log; "" where there is none. */
  async log(): Promise<string> {
    return await this.host.readIf(`/run/caktus/${this.name}.log`) ?? "";
  }

  /** A file below its folder in /proc. */
  proc(file: string): string {
    return this.host.path(`/proc/${this.program.pid}/${file}`);
  }
}

/** Writes all of a text. */
export async function writeAll(
  connection: Deno.UnixConn,
  text: string,
): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    at += await connection.write(bytes.subarray(at));
  }
}

/** Reads to the blank line, or to the end of the connection. */
export async function readAnswer(connection: Deno.UnixConn): Promise<string> {
  const buffer = new Uint8Array(65536), decoder = new TextDecoder();
  let text = "";
  while (!text.endsWith("\n\n")) {
    const length = await connection.read(buffer);
    if (length === null) return text;
    text += decoder.decode(buffer.subarray(0, length), { stream: true });
  }
  return text;
}

/** One end of a tunnel that is up. */
export interface End {
  host: Host;
  daemon: Daemon;
  keys: KeyPair;
  /** Inside the tunnel. */
  v4: string;
  v6: string;
}

/** Two hosts and a tunnel between them, up, with endpoints at both ends. */
export class Pair implements AsyncDisposable {
  private constructor(
    readonly network: Network,
    readonly left: End,
    readonly right: End,
  ) {}

  /** Brings it up; keys are new. */
  static async up(mtu = 1420): Promise<Pair> {
    const network = await wired();
    try {
      const [left, right] = [
        await end(network, "left", 1),
        await end(network, "right", 2),
      ];
      await configure(left, right, "10.8.0.2", mtu);
      await configure(right, left, "10.8.0.1", mtu);
      return new Pair(network, left, right);
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.network.close();
  }
}

/** Two hosts and a cable. */
export async function wired(): Promise<Network> {
  const network = await Network.create("left", "right");
  const plug = (name: string, number: number) => ({
    host: network.host(name),
    interface: "eth0",
    addresses: [`10.8.0.${number}/24`, `fd08::${number}/64`],
  });
  await network.wire(plug("left", 1), plug("right", 2));
  return network;
}

async function end(
  network: Network,
  name: string,
  number: number,
): Promise<End> {
  const host = network.host(name);
  return {
    host,
    daemon: await startDaemon(host),
    keys: keyPair(),
    v4: `10.9.0.${number}`,
    v6: `fd09::${number}`,
  };
}

async function configure(
  own: End,
  other: End,
  endpoint: string,
  mtu: number,
): Promise<void> {
  await own.host.shell(`
    wg set wg0 listen-port ${PORT} private-key <(echo ${own.keys.privateKey}) peer ${other.keys.publicKey} \\
      endpoint ${endpoint}:${PORT} allowed-ips ${other.v4}/32,${other.v6}/128
    ip address add ${own.v4}/24 dev wg0
    ip address add ${own.v6}/64 dev wg0 nodad
    ip link set wg0 mtu ${mtu} up`);
}

/** Round trips, milliseconds, and how many of the pings came back. */
export interface Pings {
  sent: number;
  received: number;
  longest: number;
}

/** Pings `address` all the while that `work` goes on, every 20 ms, and looks at each round trip. */
export async function pingsDuring(
  from: Host,
  address: string,
  work: () => Promise<void>,
): Promise<Pings> {
  await from.must("ping", "-n", "-q", "-c", "1", "-W", "5", address);
  const ping = await from.spawn([
    "ping",
    "-n",
    "-i",
    "0.02",
    "-W",
    "2",
    address,
  ]);
  await sleep(200);
  try {
    await work();
    await sleep(200);
  } finally {
    await ping.kill("INT");
    await ping.process.exited;
  }
  const [, sent, received] =
    /(\d+) packets transmitted, (\d+) received/.exec(ping.log) ?? [];
  const times = [...ping.log.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) =>
    Number(ms)
  );
  return {
    sent: Number(sent),
    received: Number(received),
    longest: Math.max(...times),
  };
}
