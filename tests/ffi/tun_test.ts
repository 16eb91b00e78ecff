/**
 * The TUN device: real packets in and out, and how it ends.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import { addAddress } from "../../ffi/address.ts";
import { setLink } from "../../ffi/link.ts";
import { Struct } from "../../ffi/memory.ts";
import { Poll, POLLERR, POLLIN } from "../../ffi/poll.ts";
import { Tun } from "../../ffi/tun.ts";
import { namespaceTest, sh } from "./namespace.ts";

const FILE = import.meta.url;
const LENGTH = 65_536 + 10;
/** Virtio-net header. */
const HEADER = 10;

/** Makes the TUN device with an address, up. */
function openTun(name: string): Tun {
  const tun = Tun.open(name);
  setLink(tun.index, { addressGenerationNone: true });
  setLink(tun.index, { up: true });
  addAddress(tun.index, new Uint8Array([10, 9, 0, 1]), 24);
  return tun;
}

/** Answers the ICMP echo request behind the header: swapped addresses, type 0. */
function answerEcho(bytes: Uint8Array): void {
  const packet = bytes.subarray(HEADER);
  const source = packet.slice(12, 16);
  packet.copyWithin(12, 16, 20);
  packet.set(source, 16);
  packet[20] = 0;
  const sum = packet[22]! * 256 + packet[23]! + 0x0800; // RFC 1624: type 8 became 0
  const folded = (sum & 0xffff) + (sum >> 16);
  packet.set([folded >> 8, folded & 255], 22);
}

namespaceTest(
  "Tun carries a ping to us and our answer back",
  FILE,
  async () => {
    const tun = openTun("cktun%d");
    strictEqual(tun.name, "cktun0");
    strictEqual(sh("cat /sys/class/net/cktun0/ifindex"), `${tun.index}\n`);
    const packet = new Struct(LENGTH), parts = new Struct(32);
    strictEqual(tun.read(packet.address, LENGTH), 0);
    const command = {
      args: ["-c", "3", "-i", "0.01", "-s", "1000", "10.9.0.2"],
    };
    const ping = new Deno.Command("ping", command).output();
    const poll = new Poll();
    poll.add(tun.fd);
    for (let answered = 0; answered < 3;) {
      strictEqual(await poll.wait(3000), 1);
      strictEqual(poll.ready(tun.fd), POLLIN);
      const length = tun.read(packet.address, LENGTH);
      if (packet.bytes[HEADER + 9] !== 1) continue; // not ICMP
      strictEqual(length, HEADER + 20 + 8 + 1000);
      answerEcho(packet.bytes);
      // in two parts, the header apart
      parts.setWord(0, packet.address);
      parts.setWord(8, HEADER);
      parts.setWord(16, packet.address + HEADER);
      parts.setWord(24, length - HEADER);
      strictEqual(tun.write(parts.pointer, 2), 0);
      answered++;
    }
    const { stdout } = await ping;
    ok(new TextDecoder().decode(stdout).includes("3 received, 0% packet loss"));
    tun.close();
    strictEqual(sh("ls /sys/class/net").includes("cktun0"), false);
  },
);

namespaceTest(
  "Tun leaves TCP's checksum to us, so its offloads are on",
  FILE,
  async () => {
    const tun = openTun("cktun0");
    const ending = new AbortController();
    const connection = Deno.connect({
      hostname: "10.9.0.2",
      port: 80,
      signal: ending.signal,
    }).catch(() => "ended");
    const packet = new Struct(LENGTH), poll = new Poll();
    poll.add(tun.fd);
    strictEqual(await poll.wait(3000), 1);
    ok(tun.read(packet.address, LENGTH) > HEADER + 40);
    strictEqual(packet.bytes[HEADER + 9], 6); // TCP
    strictEqual(packet.bytes[0]! & 1, 1); // VIRTIO_NET_HDR_F_NEEDS_CSUM
    strictEqual(packet.u16(6), 20); // where the sum starts
    strictEqual(packet.u16(8), 16); // where it goes
    strictEqual(tun.udpOffload, kernelAtLeast(6, 2));
    ending.abort();
    strictEqual(await connection, "ended");
    tun.close();
  },
);

namespaceTest(
  "Tun.open() refuses a name that is taken, wrong or too long",
  FILE,
  () => {
    const tun = Tun.open("cktun0");
    for (const taken of ["cktun0", "lo"]) {
      throws(() => Tun.open(taken), { call: "TUNSETIFF", code: "EBUSY" });
    }
    throws(() => Tun.open("a/b"), { call: "TUNSETIFF", code: "EINVAL" });
    throws(() => Tun.open("sixteen-bytes-xx"), RangeError);
    strictEqual(Tun.open("fifteen-bytes-x").name, "fifteen-bytes-x");
    tun.close();
  },
);

namespaceTest(
  "Tun says EIO while it is down and EBADFD when it was deleted",
  FILE,
  async () => {
    const tun = Tun.open("cktun0");
    const packet = new Struct(64), parts = new Struct(16);
    packet.bytes[HEADER] = 0x45;
    parts.setWord(0, packet.address);
    parts.setWord(8, HEADER + 20);
    strictEqual(tun.write(parts.pointer, 1), 5); // EIO
    const poll = new Poll();
    poll.add(tun.fd);
    const waiting = poll.wait(5000);
    sh("ip link delete cktun0");
    strictEqual(await waiting, 1);
    ok(poll.ready(tun.fd) & POLLERR);
    throws(() => tun.read(packet.address, 64), { code: "EBADFD" });
    strictEqual(tun.write(parts.pointer, 1), 77); // EBADFD
    tun.close();
  },
);

namespaceTest(
  "Tun.open() without a right to it says which step failed",
  FILE,
  () => {
    const file = new URL("../../ffi/tun.ts", FILE).href;
    const code =
      `import { Tun } from "${file}"; try { Tun.open("ckx"); } catch (e) { console.log(e.call, e.code); }`;
    const run =
      `echo '${code}' | setpriv --bounding-set -all '${Deno.execPath()}' run -A --quiet -`;
    deepStrictEqual(sh(run), "TUNSETIFF EPERM\n");
  },
);

function kernelAtLeast(major: number, minor: number): boolean {
  const [ours = 0, ourMinor = 0] = Deno.osRelease().split(".").map(Number);
  return ours > major || (ours === major && ourMinor >= minor);
}
