/**
 * The whole of Caktus in one sitting: `deno task demo`, or `deno task demo --binary` with the compiled program.
 *
 * Builds four hosts out of network namespaces, brings up the tunnel with `caktus up` and the two files of files.ts,
 * lets the VPS fetch a page from the laptop, and takes everything away, also when something fails.
 *
 * @module
 */

import { caktus, caktusBinary, commandOf } from "../interop/caktus.ts";
import { installTools, prefetch } from "../interop/install.ts";
import type { Host } from "../interop/netns.ts";
import { must, until } from "../interop/process.ts";
import { type BehindNat, behindNat, VPS_ADDRESS } from "../interop/topology.ts";
import { laptopConf, vpsConf } from "./files.ts";

const DRAWING = `
  laptop ──────────── home router ──────────── carrier ──────────── VPS
  192.168.1.100       192.168.1.1   100.64.0.2   100.64.0.1    198.51.100.10
                      NAT                        NAT (CGNAT)

  wg0 10.0.0.2 ═══════════════════ tunnel ═══════════════════ wg0 10.0.0.1

  Both routers let only answers in, and forget whom they let out after 30 s.
  Nobody reaches the laptop unasked; only the laptop can dial.
`;

/** Seconds after which the routers forget a mapping. */
const FORGET_SECONDS = 30;

const LAPTOP = "10.0.0.2";

/** What the demo calls, by the Debian package that has it. */
const TOOLS: Record<string, string[]> = {
  "iproute2": ["ip"],
  "nftables": ["nft"],
  "iptables": ["iptables"],
  "procps": ["sysctl"],
  "util-linux": ["unshare", "nsenter"],
  "iputils-ping": ["ping"],
  "curl": ["curl"],
};

const PAGE = "Hello from the laptop, behind two NATs.";

/** The program as it is called in the hosts. */
let program: readonly string[] = [];

async function demo(): Promise<void> {
  await getReady();
  title("Four hosts");
  console.log(DRAWING.trimEnd());
  const hosts = await behindNat(FORGET_SECONDS);
  await using _network = hosts.network;
  await writeFiles(hosts);
  await showThatNobodyReachesTheLaptop(hosts);
  title("The VPS listens, the laptop dials");
  await command(hosts.vps, "up", "wg0");
  await command(hosts.laptop, "up", "wg0");
  await fetchThePage(hosts);
  title("What both ends know");
  await command(hosts.laptop, "show");
  await command(hosts.vps, "show");
  title("Down again");
  await command(hosts.laptop, "down", "wg0");
  await command(hosts.vps, "down", "wg0");
}

async function getReady(): Promise<void> {
  if (Deno.build.os !== "linux") throw new Error("the demo needs Linux");
  if (Deno.uid() !== 0) {
    throw new Error(
      "the demo makes network namespaces, so it must be run by root",
    );
  }
  const [missing] = await installTools(TOOLS, (line) => console.log(line));
  if (missing) throw new Error(`${missing.name} is missing: ${missing.reason}`);
  const peer = Deno.args.includes("--binary") ? caktusBinary : caktus;
  const reason = peer.missing();
  if (reason) throw new Error(`${reason}: run \`deno task compile\` first`);
  if (peer === caktus) await prefetch();
  program = commandOf(peer);
}

async function writeFiles({ laptop, vps }: BehindNat): Promise<void> {
  const [laptopKeys, vpsKeys] = [await newKeys(), await newKeys()];
  await laptop.write(
    "/etc/wireguard/wg0.conf",
    laptopConf(laptopKeys.privateKey, vpsKeys.publicKey, VPS_ADDRESS),
  );
  await vps.write(
    "/etc/wireguard/wg0.conf",
    vpsConf(vpsKeys.privateKey, laptopKeys.publicKey),
  );
}

/** `caktus genkey | caktus pubkey`. */
async function newKeys(): Promise<{ privateKey: string; publicKey: string }> {
  const privateKey = await must([...program, "genkey"]);
  const publicKey = await must([...program, "pubkey"], { stdin: privateKey });
  return { privateKey: privateKey.trim(), publicKey: publicKey.trim() };
}

async function showThatNobodyReachesTheLaptop(
  { vps }: BehindNat,
): Promise<void> {
  title("Without the tunnel");
  const { code } = await vps.run("ping", "-c", "1", "-W", "1", "192.168.1.100");
  if (code === 0) {
    throw new Error(
      "the VPS reaches the laptop without a tunnel: the NATs are not set up",
    );
  }
  console.log("vps$ ping 192.168.1.100\nno answer, as expected");
}

async function fetchThePage({ laptop, vps }: BehindNat): Promise<void> {
  title("The VPS fetches a page from the laptop");
  const source =
    `Deno.serve({ hostname: "0.0.0.0", port: 80 }, () => new Response("${PAGE}\\n"))`;
  const server = await laptop.spawn([Deno.execPath(), "eval", source]);
  await server.process.says(/Listening/, 10_000);
  const address = `http://${LAPTOP}/`;
  const page = await until(`the VPS fetches ${address}`, 10_000, async () => {
    const result = await vps.run("curl", "-sS", "-m", "2", address);
    return result.code === 0 ? result.stdout : undefined;
  });
  if (page.trim() !== PAGE) {
    throw new Error(`the VPS got another page: ${page}`);
  }
  console.log(`vps$ curl ${address}\n${page.trimEnd()}`);
  await server.stop();
}

/** Runs Caktus in a host and shows all of it. */
async function command(host: Host, ...words: string[]): Promise<void> {
  console.log(`\n${host.name}$ caktus ${words.join(" ")}`);
  const result = await host.run(
    "sh",
    "-c",
    'exec "$@" 2>&1',
    "sh",
    ...program,
    ...words,
  );
  console.log(result.stdout.trimEnd());
  if (result.code !== 0) {
    throw new Error(
      `caktus ${
        words.join(" ")
      } ended with status ${result.code} on the ${host.name}`,
    );
  }
}

function title(words: string): void {
  console.log(`\n── ${words} ${"─".repeat(Math.max(0, 66 - words.length))}`);
}

if (import.meta.main) {
  const began = performance.now();
  try {
    await demo();
    console.log(
      `\nDone in ${
        ((performance.now() - began) / 1_000).toFixed(1)
      } s; nothing is left behind.`,
    );
  } catch (error) {
    console.error(
      `\nThe demo failed: ${error instanceof Error ? error.message : error}`,
    );
    Deno.exitCode = 1;
  }
}
