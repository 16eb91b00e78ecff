/**
 * What pings prove of a way, over routers that report what they drop and routers that do not.
 *
 * ```text
 * here ──9000── router ──N── host
 * ```
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { parseAddress } from "../../src/config/address.ts";
import { tunnelMtu, withProof } from "../../src/quick/mtu.ts";
import { mtuTo, PathProbe } from "../../src/quick/path_probe.ts";
import { namespaceTest, sh } from "../ffi/namespace.ts";

const HOST_V4 = parseAddress("10.0.2.2")!;
const HOST_V6 = parseAddress("fd02::2")!;

/** Another network behind a router, while it is needed. */
class Network implements Disposable {
  readonly #router = `ckprobe${Deno.pid}r`;
  readonly #host = `ckprobe${Deno.pid}h`;

  constructor() {
    try {
      this.#make();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #make(): void {
    const [r, h] = [this.#router, this.#host];
    sh(`set -e
      ip netns add ${r}; ip netns add ${h}
      quick=net.ipv6.conf.default.accept_dad=0
      sysctl -qw $quick; ip netns exec ${r} sysctl -qw $quick; ip netns exec ${h} sysctl -qw $quick
      ip link add out mtu 9000 type veth peer name in netns ${r} mtu 9000
      ip -n ${r} link add out type veth peer name in netns ${h}
      ip address add 10.0.1.1/24 dev out; ip address add fd01::1/64 dev out nodad
      ip -n ${r} address add 10.0.1.2/24 dev in; ip -n ${r} address add fd01::2/64 dev in nodad
      ip -n ${r} address add 10.0.2.1/24 dev out; ip -n ${r} address add fd02::1/64 dev out nodad
      ip -n ${h} address add 10.0.2.2/24 dev in; ip -n ${h} address add fd02::2/64 dev in nodad
      ip link set out up; ip -n ${r} link set in up; ip -n ${r} link set out up; ip -n ${h} link set in up
      ip netns exec ${r} sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
      ip route add default via 10.0.1.2; ip -6 route add default via fd01::2
      ip -n ${h} route add default via 10.0.2.1; ip -n ${h} -6 route add default via fd02::1
      for address in 10.0.2.2 fd02::2; do
        for i in 1 2 3 4 5 6 7 8 9 10; do ping -qc 1 -W 1 -i 0.1 $address > /dev/null && break; sleep 0.1; done
      done`);
  }

  /** The far link carries packets of up to `mtu` bytes. */
  narrow(mtu: number): void {
    sh(`
      ip -n ${this.#router} link set out mtu ${mtu}
      ip -n ${this.#host} link set in mtu ${mtu}`);
    this.forget();
  }

  /** What routers have reported until now is forgotten. */
  forget(): void {
    sh("ip route flush cache; ip -6 route flush cache");
  }

  /** The router drops what is too long and says nothing. */
  silence(): void {
    this.#load(
      this.#router,
      "table inet silence { chain output { type filter hook output priority 0; icmp type destination-unreachable drop; icmpv6 type packet-too-big drop; }; }",
    );
  }

  /** The host answers no ping. */
  deafen(): void {
    this.#load(
      this.#host,
      "table inet deaf { chain input { type filter hook input priority 0; icmp type echo-request drop; }; }",
    );
  }

  [Symbol.dispose](): void {
    sh(`ip netns delete ${this.#router}; ip netns delete ${this.#host}`);
  }

  #load(namespace: string, rules: string): void {
    sh(`echo '${rules}' | ip netns exec ${namespace} nft -f -`);
  }
}

/** Milliseconds that the daemon takes to start, at least. */
const START = 60;

/** What comes back, and the tunnel's MTU that follows. */
async function probe(address: Uint8Array): Promise<[number, number]> {
  const probe = new PathProbe([address, address]);
  await new Promise((resolve) => setTimeout(resolve, START));
  const proven = await probe.finish();
  probe.close();
  const path = { address, mtu: mtuTo(address) };
  return [
    proven.get(address.join()) ?? 0,
    tunnelMtu(withProof([path], proven), undefined),
  ];
}

namespaceTest(
  "PathProbe proves what the way takes",
  import.meta.url,
  async () => {
    using network = new Network();
    network.narrow(9000);
    deepStrictEqual(await probe(HOST_V4), [9000, 8920]);
    deepStrictEqual(await probe(HOST_V6), [9000, 8920]);

    // A router reports, and the kernel remembers.
    network.narrow(1500);
    deepStrictEqual(await probe(HOST_V4), [1500, 1420]);
    strictEqual(mtuTo(HOST_V4), 1500);
    deepStrictEqual(await probe(HOST_V6), [1500, 1420]);
    network.narrow(4000);
    deepStrictEqual(await probe(HOST_V4), [4000, 3920]);

    // It reports nothing: only what came back counts.
    network.silence();
    network.narrow(1500);
    deepStrictEqual(await probe(HOST_V4), [1500, 1420]);
    strictEqual(mtuTo(HOST_V4), 9000);
    network.narrow(1400);
    deepStrictEqual(await probe(HOST_V4), [1400, 1320]);

    // The same with a usual link here: a black hole, and nobody waits for long.
    sh("ip link set out mtu 1500");
    network.forget();
    const began = performance.now();
    deepStrictEqual(await probe(HOST_V4), [1400, 1320]);
    ok(performance.now() - began < 800);

    // Nothing comes back: the route's MTU, at once.
    network.deafen();
    const then = performance.now();
    deepStrictEqual(await probe(HOST_V4), [0, 1420]);
    ok(performance.now() - then < 300);
    sh("ip link set out mtu 9000");
    network.forget();
    deepStrictEqual(await probe(HOST_V4), [0, 1420]);
  },
);

Deno.test("PathProbe asks neither loopback, nor link-local addresses, nor where no route leads", async () => {
  const addresses = ["127.0.0.1", "::1", "fe80::1", "240.0.0.1"]
    .map((text) => parseAddress(text)!);
  strictEqual((await new PathProbe(addresses).finish()).size, 0);
});
