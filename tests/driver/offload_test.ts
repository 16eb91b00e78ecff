/**
 * Trains of the kernel's own making, through the whole driver: what comes out
 * has right checksums and is, byte for byte, what went in.
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import type { Host } from "../interop/netns.ts";
import { until } from "../interop/process.ts";
import { hostTest, Pair } from "./hosts.ts";

const FILE = "/run/bytes";
const MEGABYTES = 50;

/** Sends a file over TCP; whether the hash at the other end is the file's. */
async function arrivesWhole(
  from: Host,
  to: Host,
  address: string,
  options = "",
): Promise<void> {
  const [family, target] = address.includes(":")
    ? ["TCP6", `[${address}]`]
    : ["TCP4", address];
  const result = "/run/received";
  await to.must("rm", "-f", result);
  await to.spawn([
    "sh",
    "-c",
    `socat -u ${family}-LISTEN:7000,reuseaddr - | sha256sum > ${result}.new; mv ${result}.new ${result}`,
  ]);
  await listens(to, 7000);
  await from.must("socat", "-u", FILE, `${family}:${target}:7000${options}`);
  const hash = await until("all has arrived", 5_000, () => to.readIf(result));
  strictEqual(
    hash.split(" ")[0],
    (await from.must("sha256sum", FILE)).split(" ")[0],
  );
}

async function listens(host: Host, port: number): Promise<void> {
  await until(`somebody listens on ${port}`, 5_000, async () => {
    const all = await host.must("ss", "-Hltn");
    return all.includes(`:${port} `) || undefined;
  });
}

async function iperf(
  from: Host,
  to: Host,
  ...options: string[]
): Promise<void> {
  const server = await to.spawn(["iperf3", "-s", "-1"]);
  await listens(to, 5201);
  await from.must("iperf3", "-c", ...options);
  await server.stop();
}

/** Counters of the kernel that tell of wrong packets, above zero. */
async function wrongPackets(host: Host): Promise<string[]> {
  const counters = await host.must("nstat", "-asz");
  const wrong =
    /^(TcpInErrs|TcpInCsumErrors|TcpExtTCP\w*Csum\w*|Udp6?InCsumErrors|Icmp6?InCsumErrors|IpInHdrErrors|Ip6InHdrErrors|IpExtInCsumErrors|IpExtInTruncatedPkts|Ip6InTruncatedPkts)\s+0*[1-9]/;
  ok(/^TcpInCsumErrors\s+0 /m.test(counters), counters);
  return counters.split("\n").filter((line) => wrong.test(line.trim()));
}

hostTest(
  "TCP v4 and v6, small segments, fragments and both ways at once: all bytes equal, no checksum wrong",
  async () => {
    await using pair = await Pair.up();
    const [left, right] = [pair.left.host, pair.right.host];
    for (const host of [left, right]) {
      await host.must(
        "sh",
        "-c",
        `head -c ${MEGABYTES}M /dev/urandom > ${FILE}`,
      );
    }
    await arrivesWhole(left, right, pair.right.v4);
    await arrivesWhole(right, left, pair.left.v6);
    await left.must("sh", "-c", `head -c 5M /dev/urandom > ${FILE}`);
    await arrivesWhole(left, right, pair.right.v4, ",mss=500");
    await arrivesWhole(left, right, pair.right.v6, ",mss=88");
    await iperf(left, right, pair.right.v4, "--bidir", "-t", "2");
    for (const address of [pair.right.v4, pair.right.v6]) {
      await iperf(
        left,
        right,
        address,
        "-u",
        "-l",
        "3000",
        "-b",
        "20M",
        "-t",
        "1",
      );
    }
    for (const { host, daemon } of [pair.left, pair.right]) {
      deepStrictEqual(await wrongPackets(host), []);
      strictEqual(await daemon.log(), "");
      const drops = [...(await daemon.drops()).keys()];
      deepStrictEqual(
        drops.filter((reason) => reason !== "replayed, or too late"),
        [],
      );
    }
  },
);
