/**
 * A tunnel between the subject and a peer, and what is asked of it.
 *
 * ```text
 *   subject ── wg0 10.66.0.1, fd66::1 ═══ tunnel ═══ wg0 10.66.0.2, fd66::2 ── peer
 * ```
 *
 * @module
 */

import type { Peer, Running } from "./peers.ts";
import { failure, type Result } from "./process.ts";
import { keyPair, presharedKey, type Settings } from "./settings.ts";
import { type Direct, direct, OUTSIDE } from "./topology.ts";

/** Addresses inside the tunnel. */
export const INSIDE = {
  v4: { subject: "10.66.0.1", peer: "10.66.0.2" },
  v6: { subject: "fd66::1", peer: "fd66::2" },
} as const;

/** How the two ends differ. */
export interface Shape {
  /** Who knows the other's endpoint and speaks first. */
  initiator: "subject" | "peer";
  presharedKey: boolean;
  outside: "v4" | "v6";
}

/** The plainest tunnel. */
export const PLAIN: Shape = {
  initiator: "subject",
  presharedKey: false,
  outside: "v4",
};

/** All eight shapes. */
export const SHAPES: Shape[] = (["subject", "peer"] as const).flatMap((
  initiator,
) =>
  [false, true].flatMap((presharedKey) =>
    (["v4", "v6"] as const).map((outside) => ({
      initiator,
      presharedKey,
      outside,
    }))
  )
);

/** A shape in words. */
export function describe(shape: Shape): string {
  return `${shape.initiator} initiates, ${
    shape.presharedKey ? "preshared key" : "no preshared key"
  }, ${shape.outside}`;
}

/** What both ends are told. */
export interface Ends {
  subject: Settings;
  peer: Settings;
}

/** Settings of a new tunnel. Ports are 51820 at both ends, so that either may dial. */
export function newEnds(shape: Shape = PLAIN): Ends {
  const keys = { subject: keyPair(), peer: keyPair() };
  const shared = shape.presharedKey ? { presharedKey: presharedKey() } : {};
  const end = (
    own: "subject" | "peer",
    other: "subject" | "peer",
  ): Settings => ({
    privateKey: keys[own].privateKey,
    listenPort: 51820,
    addresses: [`${INSIDE.v4[own]}/24`, `${INSIDE.v6[own]}/64`],
    peers: [{
      publicKey: keys[other].publicKey,
      ...shared,
      ...(shape.initiator === own
        ? { endpoint: endpointOf(OUTSIDE[shape.outside][other]) }
        : {}),
      allowedIps: [`${INSIDE.v4[other]}/32`, `${INSIDE.v6[other]}/128`],
    }],
  });
  return { subject: end("subject", "peer"), peer: end("peer", "subject") };
}

/** Address and port as an endpoint is written. */
export function endpointOf(address: string, port = 51820): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** A tunnel that is up. */
export class Tunnel implements AsyncDisposable {
  private constructor(
    readonly hosts: Direct,
    readonly ends: Ends,
    public subject: Running,
    public peer: Running,
  ) {}

  /** Makes two hosts, wires what else is asked for, and brings both ends up, the responder first. */
  static async up(
    subject: Peer,
    peer: Peer,
    shape: Shape = PLAIN,
    ends: Ends = newEnds(shape),
    wire: (hosts: Direct) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<Tunnel> {
    const hosts = await direct();
    try {
      await wire(hosts);
      await Promise.all([
        subject.prepare(hosts.subject),
        peer.prepare(hosts.peer),
      ]);
      return await Tunnel.over(hosts, subject, peer, shape, ends);
    } catch (error) {
      await hosts.network.close();
      throw error;
    }
  }

  /** Brings both ends up on hosts that stand, and that {@linkcode stop} leaves standing. */
  static async over(
    hosts: Direct,
    subject: Peer,
    peer: Peer,
    shape: Shape,
    ends = newEnds(shape),
  ): Promise<Tunnel> {
    const start = (who: "subject" | "peer") =>
      who === "subject"
        ? subject.start(hosts.subject, "wg0", ends.subject)
        : peer.start(hosts.peer, "wg0", ends.peer);
    const first = await start(
      shape.initiator === "subject" ? "peer" : "subject",
    );
    const second = await start(shape.initiator).catch(async (error) => {
      await first.stop();
      throw error;
    });
    return shape.initiator === "subject"
      ? new Tunnel(hosts, ends, second, first)
      : new Tunnel(hosts, ends, first, second);
  }

  /** One of both ends. */
  end(who: "subject" | "peer"): Running {
    return who === "subject" ? this.subject : this.peer;
  }

  /** Takes both ends down. */
  async stop(): Promise<void> {
    await this.subject.stop();
    await this.peer.stop();
  }

  /** Takes everything away, hosts too. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.hosts.network.close();
  }

  /** Both logs, for the report of a failure. */
  logs(): string {
    return `--- subject, ${this.subject.peer.name}:\n${
      tail(this.subject.log())
    }\n` +
      `--- peer, ${this.peer.peer.name}:\n${tail(this.peer.log())}`;
  }
}

/** How pings went. */
export interface Pings {
  sent: number;
  received: number;
  /** Everything that ping wrote. */
  text: string;
}

/** Sends pings from the machine that has the interface. */
export async function ping(
  from: Running,
  address: string,
  ...options: string[]
): Promise<Pings> {
  return readPings(await from.run("ping", "-n", "-q", ...options, address));
}

/** Reads what ping wrote. @throws Error where it has no statistics */
export function readPings(result: Result): Pings {
  const match = result.stdout.match(
    /(\d+) packets transmitted, (\d+) received/,
  );
  if (!match) throw new Error(failure(["ping"], result));
  return {
    sent: Number(match[1]),
    received: Number(match[2]),
    text: result.stdout + result.stderr,
  };
}

/** Whether one ping comes back within that many seconds. */
export async function reaches(
  from: Running,
  address: string,
  seconds = 2,
): Promise<boolean> {
  return (await from.run(
    "ping",
    "-n",
    "-q",
    "-c",
    "1",
    "-W",
    String(seconds),
    address,
  )).code === 0;
}

/** Bits per second of TCP from one end to the other. @throws Error where it does not last */
export async function tcp(
  from: Running,
  to: Running,
  address: string,
  seconds: number,
): Promise<number> {
  await to.run(
    "sh",
    "-c",
    "iperf3 -s -1 -D >/dev/null 2>&1 </dev/null; sleep 0.3",
  );
  const result = await from.runFor(
    (seconds + 20) * 1_000,
    "iperf3",
    "-c",
    address,
    "-t",
    String(seconds),
    "-J",
  );
  const report = result.code === 0 ? JSON.parse(result.stdout) : undefined;
  const rate = report?.end?.sum_received?.bits_per_second;
  const lasted = report?.end?.sum_received?.seconds;
  if (!(rate > 0 && lasted > seconds - 2)) {
    throw new Error(failure(["iperf3", "-c", address], result));
  }
  return rate;
}

function tail(text: string): string {
  return text.trim().split("\n").slice(-40).join("\n");
}
