/**
 * Two hosts and one implementation at both ends of the tunnel between them.
 *
 * ```text
 *  left   eth0 10.77.0.1, fd77::1 ═══ veth ═══ eth0 10.77.0.2, fd77::2   right, the hub
 *         wg0  10.66.0.1              tunnel          10.66.0.2  wg0, and iperf3 -s
 * ```
 *
 * Hosts end with this process, however it ends, and with them all that runs in them.
 *
 * @module
 */

import { type Host, Network, type Program } from "../interop/netns.ts";
import { sleep } from "../interop/process.ts";
import {
  keyPair,
  type PeerSettings,
  type Settings,
} from "../interop/settings.ts";
import { begin, configuring, cpuSecondsOf } from "./daemon.ts";
import { readMegabytes } from "./readings.ts";

/** How a tunnel is made. */
export interface Shape {
  outside: "v4" | "v6";
  mtu: number;
  /** Peers that the hub has; one of them is there. */
  peers: number;
}

/** The hub's address inside the tunnel. */
export const HUB = "10.66.0.2";

/** Bytes that a datagram's headers and WireGuard's take outside, at the most. */
const OVERHEAD = 80;

/** A tunnel that answers pings. */
export class Pair implements AsyncDisposable {
  private constructor(
    readonly network: Network,
    readonly daemons: [Program, Program],
    /** Milliseconds from the start of the left daemon to its first ping's answer. */
    readonly startTime: number,
  ) {}

  /** Makes hosts, and a tunnel by the command that makes one end of it. @throws Error where no ping comes back */
  static async up(command: string[], shape: Shape): Promise<Pair> {
    const network = await Network.create("left", "right");
    try {
      const [left, right] = [network.host("left"), network.host("right")];
      await wire(network, shape.mtu + OVERHEAD);
      const settings = newSettings(shape);
      const { mtu } = shape;
      const hub = await begin(right, command, bringUp(settings.right, mtu));
      await right.spawn(["iperf3", "-s"]);
      const started = performance.now();
      const ping = `ping -q -n -c 1 -W 5 ${HUB} > /dev/null`;
      const steps = bringUp(settings.left, mtu, ping);
      const spoke = await begin(left, command, steps);
      return new Pair(network, [spoke, hub], performance.now() - started);
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  /** The end that measures. */
  get left(): Host {
    return this.network.host("left");
  }

  /** Seconds of CPU that both daemons have used. */
  async cpuSeconds(): Promise<number> {
    const each = await Promise.all(this.daemons.map(cpuSecondsOf));
    return each.reduce((sum, one) => sum + one, 0);
  }

  /** Resident memory of the larger daemon, in megabytes: now (VmRSS) or at most (VmHWM). */
  async memory(field: "VmRSS" | "VmHWM"): Promise<number> {
    const each = await Promise.all(
      this.daemons.map(async (daemon) =>
        readMegabytes(
          await daemon.host.read(`/proc/${daemon.pid}/status`),
          field,
        )
      ),
    );
    return Math.max(...each);
  }

  /** The same as VmRSS, after that many milliseconds. */
  async memoryAfter(milliseconds: number): Promise<number> {
    await sleep(milliseconds);
    return await this.memory("VmRSS");
  }

  /** Takes everything away. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.network.close();
  }
}

async function wire(network: Network, mtu: number): Promise<void> {
  const end = (name: string, last: number) => ({
    host: network.host(name),
    interface: "eth0",
    addresses: [`10.77.0.${last}/24`, `fd77::${last}/64`],
  });
  await network.wire(end("left", 1), end("right", 2));
  for (const name of ["left", "right"]) {
    await network.host(name).must(
      ...["ip", "link", "set", "eth0", "mtu", String(Math.max(1500, mtu))],
    );
  }
}

function newSettings(
  { outside, peers }: Shape,
): { left: Settings; right: Settings } {
  const [left, right] = [keyPair(), keyPair()];
  const absent: PeerSettings[] = Array.from({ length: peers - 1 }, (_, n) => ({
    publicKey: keyPair().publicKey,
    allowedIps: [`10.66.${1 + (n >> 8)}.${n & 255}/32`],
  }));
  const endpoint = outside === "v4" ? "10.77.0.2:51820" : "[fd77::2]:51820";
  return {
    left: {
      privateKey: left.privateKey,
      addresses: ["10.66.0.1/16"],
      peers: [{
        publicKey: right.publicKey,
        endpoint,
        allowedIps: ["10.66.0.2/32"],
      }],
    },
    right: {
      privateKey: right.privateKey,
      listenPort: 51820,
      addresses: ["10.66.0.2/16"],
      peers: [
        ...absent,
        { publicKey: left.publicKey, allowedIps: ["10.66.0.1/32"] },
      ],
    },
  };
}

function bringUp(settings: Settings, mtu: number, ...more: string[]): string {
  const address = `ip address add ${settings.addresses[0]} dev wg0`;
  const link = `ip link set wg0 mtu ${mtu} up`;
  return configuring(settings, address, link, ...more);
}
