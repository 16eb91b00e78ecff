/**
 * The case for which Caktus is made: a laptop behind a home router and a carrier's NAT stays reachable.
 *
 * Both routers forget a UDP mapping after 2 s. After 4 s of silence
 * - with PersistentKeepalive = 1 the VPS still reaches the laptop,
 * - without it the VPS does not. (The tunnel itself would mend it 10 s after the last data, when the laptop's passive
 *   keepalive opens a new mapping; so the question is put before that.)
 */

import { ok, strictEqual } from "node:assert";
import { binaryTest, interopTest, peerTest } from "./cases.ts";
import { named, onlyPeer, type Peer, type Running } from "./peers.ts";
import { sleep } from "./process.ts";
import { keyPair, type Settings } from "./settings.ts";
import {
  type BehindNat,
  behindNat,
  CARRIER_ADDRESS,
  VPS_ADDRESS,
} from "./topology.ts";
import { reaches } from "./tunnel.ts";

const LAPTOP = "10.0.0.2";
const VPS = "10.0.0.1";

/** Twice as long as the routers remember. */
const SILENCE = 4_000;

const VPS_PEERS = ["wireguard-go", "caktus"];

peerTest(
  "persistentKeepalive keeps the laptop reachable behind two NATs, VPS is %",
  staysReachable,
  VPS_PEERS,
);
binaryTest(
  "the same with the compiled program, VPS is %",
  staysReachable,
  VPS_PEERS,
);

peerTest(
  "without persistentKeepalive the NATs forget the laptop, VPS is %",
  isForgotten,
  VPS_PEERS,
);

interopTest(
  "up() with persistentKeepalive makes the laptop reachable though nobody has spoken yet",
  async (subject) => {
    await using scene = await Scene.build(
      subject,
      named("wireguard-go"),
      1,
      false,
    );
    await sleep(1_000);
    strictEqual(await reaches(scene.vps, LAPTOP), true, scene.logs());
  },
);

async function staysReachable(subject: Peer, peer: Peer): Promise<void> {
  await using scene = await Scene.build(subject, peer, 1);
  await sleep(SILENCE);
  strictEqual(await reaches(scene.vps, LAPTOP), true, scene.logs());
}

async function isForgotten(subject: Peer, peer: Peer): Promise<void> {
  await using scene = await Scene.build(subject, peer, 0);
  await sleep(SILENCE);
  strictEqual(await reaches(scene.vps, LAPTOP), false, scene.logs());
}

/** Laptop and VPS, up, with fresh mappings in the routers. */
class Scene implements AsyncDisposable {
  private constructor(
    readonly hosts: BehindNat,
    readonly laptop: Running,
    readonly vps: Running,
  ) {}

  static async build(
    subject: Peer,
    peer: Peer,
    keepalive: number,
    speak = true,
  ): Promise<Scene> {
    const hosts = await behindNat(2);
    try {
      const ends = settings(keepalive);
      const vps = await peer.start(hosts.vps, "wg0", ends.vps);
      const laptop = await subject.start(hosts.laptop, "wg0", ends.laptop);
      const scene = new Scene(hosts, laptop, vps);
      if (speak) await scene.speak();
      return scene;
    } catch (error) {
      await hosts.network.close();
      throw error;
    }
  }

  /** Only the laptop can begin. */
  async speak(): Promise<void> {
    strictEqual(await reaches(this.laptop, VPS, 6), true, this.logs());
    const { endpoint } = await onlyPeer(this.vps);
    ok(
      endpoint.startsWith(`${CARRIER_ADDRESS}:`),
      `the VPS sees ${endpoint}, not the carrier`,
    );
    strictEqual(await reaches(this.vps, LAPTOP), true, "the mapping is fresh");
  }

  logs(): string {
    return `--- laptop:\n${this.laptop.log()}\n--- VPS:\n${this.vps.log()}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hosts.network.close();
  }
}

function settings(keepalive: number): { laptop: Settings; vps: Settings } {
  const [laptop, vps] = [keyPair(), keyPair()];
  return {
    laptop: {
      privateKey: laptop.privateKey,
      addresses: [`${LAPTOP}/24`],
      peers: [{
        publicKey: vps.publicKey,
        endpoint: `${VPS_ADDRESS}:51820`,
        allowedIps: [`${VPS}/32`],
        persistentKeepaliveSeconds: keepalive,
      }],
    },
    vps: {
      privateKey: vps.privateKey,
      listenPort: 51820,
      addresses: [`${VPS}/24`],
      peers: [{ publicKey: laptop.publicKey, allowedIps: [`${LAPTOP}/32`] }],
    },
  };
}
