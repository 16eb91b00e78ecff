/**
 * Stock wg-quick in the network namespace of a test, with wireguard-go under
 * it, and which packet filter it finds.
 *
 * @module
 */

import { ok, strictEqual } from "node:assert";
import { sh } from "../ffi/namespace.ts";
import { cached } from "../interop/install.ts";

const FOLDER = "/run/wireguard";
const PROGRAMS = "/run/programs";
const FILTERS = ["", "-save", "-restore"];

let path = "";

/**
 * Hides the files of the machine's own tunnels, and programs: wg-quick prefers
 * nft and takes iptables where there is none.
 */
export function stockHost(
  filter: "nft" | "iptables" | "iptables-legacy",
): void {
  sh(`mount -t tmpfs tmpfs /run && mkdir ${FOLDER} ${PROGRAMS}`);
  if (filter === "nft") return;
  const links = ["ip", "sysctl"].map((name) => [name, name]);
  for (const family of ["iptables", "ip6tables"]) {
    const real = filter.replace("iptables", family);
    links.push(...FILTERS.map((work) => [family + work, real + work]));
  }
  sh(
    links.map(([name, real]) =>
      `ln -s "$(command -v ${real})" ${PROGRAMS}/${name}`
    ).join(" && "),
  );
  path = `PATH=${PROGRAMS}:/usr/bin:/bin`;
  strictEqual(sh(`${path} command -v nft || echo none`), "none\n");
}

/** A file of the interface wgq0, with one peer. */
export function writeConfig(text: string, allowed: string): string {
  const file = `${FOLDER}/wgq0.conf`;
  const key = sh("wg genkey").trim();
  const peer = sh("wg genkey | wg pubkey").trim();
  Deno.writeTextFileSync(
    file,
    `[Interface]
PrivateKey = ${key}
${text}
[Peer]
PublicKey = ${peer}
AllowedIPs = ${allowed}
`,
    { mode: 0o600 },
  );
  return file;
}

/** Runs the script. */
export function stock(command: "up" | "down", file: string): void {
  const go = cached("wireguard-go");
  ok(go, "wireguard-go is not installed: deno task test installs it");
  sh(
    `${path} WG_QUICK_USERSPACE_IMPLEMENTATION=${go} wg-quick ${command} ${file}`,
  );
}
