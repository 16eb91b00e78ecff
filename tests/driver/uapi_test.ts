/**
 * Requests to the UAPI socket as no wg(8) sends them, on Caktus and on
 * wireguard-go: the same answers, the same state after each.
 *
 * What is random in wireguard-go, the order of its peers, is sorted away. Both
 * interfaces are up, and no endpoint leads anywhere.
 */

import { deepStrictEqual, strictEqual } from "node:assert";
import type { Host, Network } from "../interop/netns.ts";
import { until } from "../interop/process.ts";
import { keyPair } from "../interop/settings.ts";
import {
  hostTest,
  readAnswer,
  startDaemon,
  wired,
  wireguardGo,
  writeAll,
} from "./hosts.ts";
import { PROCESS_NAME } from "../program.ts";

const A = keyPair(), B = keyPair(), C = keyPair();

/** A key as the UAPI has it. */
function hex(key: string): string {
  return Array.from(
    atob(key),
    (letter) => letter.charCodeAt(0).toString(16).padStart(2, "0"),
  ).join("");
}

/** A shell command, or a request that goes to the socket as it is. */
type Step = { shell: string } | { raw: string };

const shell = (text: string): Step => ({ shell: text });
const raw = (...lines: string[]): Step => ({ raw: lines.join("\n") + "\n\n" });
const peer = (key: string, words: string) =>
  shell(`wg set wg0 peer ${key} ${words}`);

const HEAD = ["set=1"];
const OPEN_A = [...HEAD, `public_key=${hex(A.publicKey)}`];

/** What follows one another, by name. */
const SERIES: Record<string, Step[]> = {
  "what is said by names and at limits": [
    shell("wg set wg0 fwmark 4294967295"),
    shell("wg set wg0 listen-port 4000 fwmark 0"),
    peer(A.publicKey, "endpoint [fd08::9]:9 persistent-keepalive 65535"),
    peer(A.publicKey, "endpoint [fe80::1%eth0]:9"),
    peer(A.publicKey, "endpoint [fe80::1%none]:9"),
    shell("wg show wg0 endpoints"),
  ],
  "prefixes one by one": [
    raw(...OPEN_A, "allowed_ip=10.0.0.0/24", "allowed_ip=10.0.1.0/24"),
    raw(...OPEN_A, "allowed_ip=-10.0.0.0/24"),
    raw(...OPEN_A, "allowed_ip=-10.0.0.0/24"),
    raw(...HEAD, `public_key=${hex(B.publicKey)}`, "allowed_ip=-10.0.1.0/24"),
    raw(
      ...OPEN_A,
      "allowed_ip=10.0.2.0/24",
      "replace_allowed_ips=true",
      "allowed_ip=10.0.3.0/24",
    ),
    raw(...OPEN_A, "allowed_ip=10.0.3.0/24", "allowed_ip=-10.0.3.0/24"),
  ],
  "peers that are only updated, replaced, removed": [
    raw(...OPEN_A, "update_only=true", "allowed_ip=10.0.0.0/24"),
    raw(...OPEN_A, "allowed_ip=10.0.0.0/24"),
    raw(...OPEN_A, "update_only=true", "allowed_ip=10.0.1.0/24"),
    raw(
      ...OPEN_A,
      "remove=true",
      `public_key=${hex(B.publicKey)}`,
      "allowed_ip=10.0.0.0/8",
    ),
    raw(...HEAD, "replace_peers=true", `public_key=${hex(C.publicKey)}`),
    raw(...HEAD, "replace_peers=true"),
    raw(
      ...OPEN_A,
      ...OPEN_A.slice(1),
      "persistent_keepalive_interval=3",
      ...OPEN_A.slice(1),
      "remove=true",
    ),
  ],
  "mistakes": [
    raw(...HEAD, "listen_port=4000", "fwmark=7"),
    raw(...HEAD, "fwmark=5", "listen_port=70000", "fwmark=6"),
    raw(...HEAD, "fwmark=x"),
    raw(...HEAD, "fwmark=4294967296"),
    raw(...HEAD, "private_key=00"),
    raw(...HEAD, `private_key=${"g".repeat(64)}`),
    raw(...HEAD, "replace_peers=false"),
    raw(...HEAD, "unknown=1"),
    raw(...HEAD, "no equals sign"),
    raw(...HEAD, "allowed_ip=10.0.0.0/8"),
    raw(...HEAD, "public_key=zz"),
    raw(...OPEN_A, "endpoint=10.0.0.1"),
    raw(...OPEN_A, "endpoint=host:1"),
    raw(...OPEN_A, "allowed_ip=10.0.0.1"),
    raw(...OPEN_A, "allowed_ip=10.0.0.1/33"),
    raw(
      ...OPEN_A,
      "allowed_ip=10.0.0.1/24",
      "allowed_ip=x",
      "allowed_ip=10.0.1.1/24",
    ),
    raw(...OPEN_A, "persistent_keepalive_interval=65536"),
    raw(...OPEN_A, "persistent_keepalive_interval=-1"),
    raw(...OPEN_A, "preshared_key=1"),
    raw(...OPEN_A, "protocol_version=2"),
    raw(...OPEN_A, "protocol_version=1"),
    raw(...OPEN_A, "remove=false"),
    raw(...OPEN_A, "update_only=false"),
    raw(...OPEN_A, "listen_port=1"),
    raw("set=1"),
    raw("set=2"),
    raw("get=1", "listen_port=1"),
    raw("quit"),
    raw(""),
  ],
};

/** One of both, ready and up. */
interface Subject {
  host: Host;
  stop(): Promise<void>;
}

for (const [name, steps] of Object.entries(SERIES)) {
  hostTest(
    `the UAPI answers as wireguard-go does: ${name}`,
    () => compare(steps),
    wireguardGo() === undefined ? "wireguard-go is not installed" : undefined,
  );
}

async function compare(steps: Step[]): Promise<void> {
  await using network = await wired();
  const [ours, theirs] = await Promise.all([
    prepare(network, "left", (host) => startDaemon(host)),
    prepare(network, "right", startGo),
  ]);
  for (const step of steps) {
    const [own, other] = await Promise.all([
      take(ours!, step),
      take(theirs!, step),
    ]);
    deepStrictEqual(own, other, JSON.stringify(step));
  }
}

async function prepare(
  network: Network,
  name: string,
  start: (host: Host) => Promise<unknown>,
): Promise<Host> {
  const host = network.host(name);
  await start(host);
  await host.must("ip", "link", "set", "wg0", "up");
  await host.must("wg", "set", "wg0", "listen-port", "3999");
  return host;
}

async function startGo(host: Host): Promise<void> {
  const program = await host.spawn([wireguardGo()!, "-f", "wg0"], {
    WG_PROCESS_FOREGROUND: "1",
    LOG_LEVEL: "error",
  });
  const socket = host.path("/var/run/wireguard/wg0.sock");
  await until(
    "wireguard-go serves",
    5_000,
    () => Deno.stat(socket).then(() => program, () => undefined),
  );
}

/** Takes a step; what came of it, and the state afterwards. */
async function take(host: Host, step: Step) {
  const outcome = "raw" in step
    ? await ask(host, step.raw)
    : await run(host, step.shell);
  const dump = await host.must("wg", "show", "wg0", "dump");
  return { outcome, dump: sorted(dump.split("\n").map(withoutTransfer)) };
}

async function run(host: Host, command: string) {
  const { code, stdout } = await host.run("bash", "-c", command);
  const parts = command.includes("showconf")
    ? stdout.split("\n\n")
    : stdout.split("\n");
  return { code, stdout: sorted(parts) };
}

/** The answer to a request, or what came before the connection ended. */
async function ask(host: Host, request: string): Promise<string> {
  const path = host.path("/var/run/wireguard/wg0.sock");
  const connection = await Deno.connect({ transport: "unix", path });
  try {
    await writeAll(connection, request);
    return await readAnswer(connection);
  } catch (error) {
    // Whoever closes before all is read resets the connection.
    if (error instanceof Deno.errors.ConnectionReset) return "";
    throw error;
  } finally {
    connection.close();
  }
}

function sorted(lines: string[]): string[] {
  return lines.map((line) => line.trim()).filter((line) => line !== "").sort();
}

/** A keepalive to nowhere is sent, or not yet, when we look. */
function withoutTransfer(line: string): string {
  const fields = line.split("\t");
  if (fields.length === 8) fields[5] = fields[6] = "";
  return fields.join("\t");
}

hostTest(
  "a port that is taken is refused, and the old socket lives on; the same port again is no change",
  async () => {
    await using network = await wired();
    const host = network.host("left");
    const daemon = await startDaemon(host);
    await host.must("ip", "link", "set", "wg0", "up");
    await host.must("wg", "set", "wg0", "listen-port", "4000", "fwmark", "7");
    for (const family of ["UDP4-RECV:5000", "UDP6-RECV:5001,ipv6only"]) {
      await host.spawn(["socat", "-u", family, "-"]);
    }
    await until("both ports are taken", 5_000, async () => {
      const all = await host.must("ss", "-Huan");
      return all.includes(":5000") && all.includes(":5001") || undefined;
    });
    const before = await sockets(host);
    for (const port of ["5000", "5001"]) {
      const { code, stderr } = await host.run(
        "wg",
        "set",
        "wg0",
        "listen-port",
        port,
      );
      deepStrictEqual([code, stderr.includes("Address already in use")], [
        1,
        true,
      ]);
      strictEqual(
        await host.must("wg", "show", "wg0", "listen-port"),
        "4000\n",
      );
    }
    await host.must("wg", "set", "wg0", "listen-port", "4000");
    deepStrictEqual(await sockets(host), before);
    strictEqual(
      await daemon.ask("set=1\nlisten_port=5000\n\n"),
      "errno=-98\n\n",
    );
    await takesRandomPorts(host);
  },
);

/** Port 0 is another one each time, and the mark stays on the new sockets. */
async function takesRandomPorts(host: Host): Promise<void> {
  const ports = new Set(["4000\n"]);
  for (let i = 0; i < 3; i++) {
    await host.must("wg", "set", "wg0", "listen-port", "0");
    ports.add(await host.must("wg", "show", "wg0", "listen-port"));
  }
  strictEqual(ports.size, 4);
  const all = await sockets(host);
  strictEqual(all.length, 2);
  for (const line of all) strictEqual(line.includes("fwmark:0x7"), true, line);
}

/** The sockets of the daemon, with their inodes and marks. */
async function sockets(host: Host): Promise<string[]> {
  const all = await host.must("ss", "-Huanep");
  return all.split("\n").filter((line) => line.includes(PROCESS_NAME)).sort();
}
