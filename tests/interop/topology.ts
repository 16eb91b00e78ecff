/**
 * The two networks in which the scenarios play.
 *
 * ```text
 *  direct      subject ═══════════════════════════════ peer
 *              eth0 10.77.0.1, fd77::1                  eth0 10.77.0.2, fd77::2
 *
 *  behind NAT  laptop ══════════ home ══════════ carrier ══════════════ vps
 *              192.168.1.100     192.168.1.1     100.64.0.1             198.51.100.10 on ens3
 *              eth0              100.64.0.2      198.51.100.7
 *                                 NAT             NAT (CGNAT)
 * ```
 *
 * Nobody reaches the laptop unasked: both routers let only answers in, and forget whom they let out after
 * a while.
 *
 * @module
 */

import { type Host, Network } from "./netns.ts";

/** The address of the VPS that the laptop dials. */
export const VPS_ADDRESS = "198.51.100.10";

/** The address under which the carrier lets the laptop speak. */
export const CARRIER_ADDRESS = "198.51.100.7";

/** Outside addresses of the two ends of a cable. */
export const OUTSIDE = {
  v4: { subject: "10.77.0.1", peer: "10.77.0.2" },
  v6: { subject: "fd77::1", peer: "fd77::2" },
} as const;

/** Two hosts and a cable. */
export interface Direct {
  network: Network;
  subject: Host;
  peer: Host;
}

/** The laptop's way to the VPS. */
export interface BehindNat {
  network: Network;
  laptop: Host;
  home: Host;
  carrier: Host;
  vps: Host;
}

/** Makes the first network. */
export async function direct(): Promise<Direct> {
  const network = await Network.create("subject", "peer");
  const [subject, peer] = [network.host("subject"), network.host("peer")];
  const end = (host: Host, name: "subject" | "peer") => ({
    host,
    interface: "eth0",
    addresses: [`${OUTSIDE.v4[name]}/24`, `${OUTSIDE.v6[name]}/64`],
  });
  await closing(
    network,
    () => network.wire(end(subject, "subject"), end(peer, "peer")),
  );
  return { network, subject, peer };
}

/** Makes the second network. @param udpTimeoutSeconds after which both routers forget a mapping */
export async function behindNat(udpTimeoutSeconds: number): Promise<BehindNat> {
  const network = await Network.create("laptop", "home", "carrier", "vps");
  const [laptop, home, carrier, vps] = ["laptop", "home", "carrier", "vps"].map(
    (name) => network.host(name),
  ) as [
    Host,
    Host,
    Host,
    Host,
  ];
  const hosts = { network, laptop, home, carrier, vps };
  await closing(network, async () => {
    await wireAll(hosts);
    for (const router of [home, carrier]) {
      await network.translate(router, {
        inside: "lan",
        outside: "wan",
        udpTimeoutSeconds,
      });
    }
  });
  return hosts;
}

async function wireAll(
  { network, laptop, home, carrier, vps }: BehindNat,
): Promise<void> {
  const end = (host: Host, name: string, address: string) => ({
    host,
    interface: name,
    addresses: [address],
  });
  await network.wire(
    end(laptop, "eth0", "192.168.1.100/24"),
    end(home, "lan", "192.168.1.1/24"),
  );
  await network.wire(
    end(home, "wan", "100.64.0.2/24"),
    end(carrier, "lan", "100.64.0.1/24"),
  );
  await network.wire(
    end(carrier, "wan", `${CARRIER_ADDRESS}/24`),
    end(vps, "ens3", `${VPS_ADDRESS}/24`),
  );
  await laptop.must("ip", "route", "add", "default", "via", "192.168.1.1");
  await home.must("ip", "route", "add", "default", "via", "100.64.0.1");
  // The internet has a way back to the carrier's address and to no other.
  await vps.must("ip", "route", "add", "default", "via", CARRIER_ADDRESS);
}

async function closing(
  network: Network,
  build: () => Promise<void>,
): Promise<void> {
  try {
    await build();
  } catch (error) {
    await network.close();
    throw error;
  }
}
