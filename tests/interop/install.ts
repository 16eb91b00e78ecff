/**
 * Installs what the interop tests need, into the system and into a cache folder, and says so; quick when all is there.
 *
 * `deno run -A tests/interop/install.ts`
 *
 * | what | how | where |
 * |---|---|---|
 * | ip, nft, wg, ping, … | apt-get, when root | the system |
 * | wireguard-go | `go install` at a pinned version | cache |
 * | boringtun | `cargo install` at a pinned version | cache |
 * | Linux with its own WireGuard | `apt-get download`, see kernel_image.ts | cache |
 *
 * What cannot be had is left out and named; where the variable CI is set nothing may be left out.
 *
 * @module
 */

import { buildImage, IMAGE_FOLDER } from "./kernel_image.ts";
import { must, run } from "./process.ts";

/** The version of wireguard-go: a commit of May 2026. */
export const WIREGUARD_GO = "v0.0.0-20260522210424-ecfc5a8d5446";

/** The version of boringtun-cli. */
export const BORINGTUN = "0.7.1";

/** Something that the tests do without, and why. */
export interface LeftOut {
  name: string;
  reason: string;
}

/** Programs that the tests call, by the Debian package that has them. */
const TOOLS: Record<string, string[]> = {
  "iproute2": ["ip"],
  "nftables": ["nft"],
  "iptables": ["iptables"],
  "wireguard-tools": ["wg"],
  "iputils-ping": ["ping"],
  "iperf3": ["iperf3"],
  "procps": ["sysctl", "ps"],
  "util-linux": ["unshare", "nsenter", "setpriv"],
  "curl": ["curl"],
  "socat": ["socat"],
  "strace": ["strace"],
  "tcpdump": ["tcpdump"],
  "systemd": ["systemd-analyze"],
};

/** Programs that only the virtual machine needs. */
const MACHINE_TOOLS: Record<string, string[]> = {
  "qemu-system-x86": ["qemu-system-x86_64"],
  "busybox-static": ["busybox"],
  "kmod": ["modprobe", "depmod"],
  "cpio": ["cpio"],
  "xz-utils": ["xz"],
  "zstd": ["zstd"],
};

/** The project's folder, with a slash at its end. */
export const ROOT = new URL("../../", import.meta.url).pathname;

/** Where peers are kept between runs. */
export function cacheFolder(): string {
  const base = Deno.env.get("XDG_CACHE_HOME") ??
    `${Deno.env.get("HOME") ?? "/root"}/.cache`;
  return `${base}/caktus-tests`;
}

/** The path of an installed implementation, or undefined. */
export function cached(
  name: "wireguard-go" | "boringtun" | "kernel",
): string | undefined {
  const path = PATHS[name]();
  return exists(path) ? path : undefined;
}

/** Installs all that is missing and may be installed. @returns what is left out @throws Error in CI, where that is nothing */
export async function install(
  say: (line: string) => void = console.log,
): Promise<LeftOut[]> {
  if (exists(`${ROOT}main.ts`)) await prefetch();
  if (Deno.uid() !== 0) return [{ name: "interop tests", reason: "not root" }];
  const leftOut = [
    ...await installTools(TOOLS, say),
    ...await installWireguardGo(say),
    ...await installBoringtun(say),
    ...await installKernel(say),
  ];
  if (leftOut.length > 0 && Deno.env.get("CI")) {
    throw new Error(
      leftOut.map(({ name, reason }) => `${name}: ${reason}`).join("\n"),
    );
  }
  return leftOut;
}

/** Installs only the named programs' packages; for the demo, which needs few. */
export async function installTools(
  tools: Record<string, string[]>,
  say: (line: string) => void,
): Promise<LeftOut[]> {
  const missing: string[] = [];
  for (const [name, programs] of Object.entries(tools)) {
    if (!programs.every(hasProgram)) missing.push(name);
  }
  if (missing.length === 0) return [];
  const reason = await aptInstall(missing, say);
  return reason ? missing.map((name) => ({ name, reason })) : [];
}

/** Fetches the packages of the source, which a host without the internet could not. Deno asks for all that deno.json names. */
export async function prefetch(): Promise<void> {
  const config = ["--quiet", "--config", `${ROOT}deno.json`];
  await must([Deno.execPath(), "install", ...config], { timeout: 120_000 });
  await must([Deno.execPath(), "cache", ...config, `${ROOT}main.ts`], {
    timeout: 120_000,
  });
}

/** Whether a program is in the path, /usr/sbin included. */
export function hasProgram(name: string): boolean {
  const folders = new Set([
    ...(Deno.env.get("PATH") ?? "").split(":"),
    "/usr/sbin",
    "/sbin",
  ]);
  return [...folders].some((folder) => exists(`${folder}/${name}`));
}

const PATHS = {
  "wireguard-go": () =>
    `${cacheFolder()}/wireguard-go-${WIREGUARD_GO}/wireguard`,
  "boringtun": () =>
    `${cacheFolder()}/boringtun-${BORINGTUN}/bin/boringtun-cli`,
  "kernel": () => `${cacheFolder()}/${IMAGE_FOLDER}/initrd.gz`,
};

/** Installs wireguard-go where it is missing. @returns why it cannot be had */
export async function installWireguardGo(
  say: (line: string) => void,
): Promise<LeftOut[]> {
  if (cached("wireguard-go")) return [];
  const name = "wireguard-go";
  if (!hasProgram("go")) await aptInstall(["golang-go"], say);
  if (!hasProgram("go")) {
    return [{ name, reason: "needs Go (the program go)" }];
  }
  say(`installing wireguard-go ${WIREGUARD_GO} with go install`);
  const env = { GOBIN: folderOf(PATHS[name]()) };
  const result = await run([
    "go",
    "install",
    `golang.zx2c4.com/wireguard@${WIREGUARD_GO}`,
  ], { env, timeout: 600_000 });
  return result.code === 0 ? [] : [{
    name,
    reason: `go install failed (it needs Go 1.21 or newer): ${
      lastLine(result.stderr)
    }`,
  }];
}

/** Installs boringtun where it is missing. @returns why it cannot be had */
export async function installBoringtun(
  say: (line: string) => void,
): Promise<LeftOut[]> {
  if (cached("boringtun")) return [];
  const name = "boringtun";
  if (!hasProgram("cargo")) await aptInstall(["cargo"], say);
  if (!hasProgram("cargo")) {
    return [{ name, reason: "needs Rust (the program cargo)" }];
  }
  say(`installing boringtun-cli ${BORINGTUN} with cargo install`);
  const root = folderOf(folderOf(PATHS[name]()));
  const command = [
    "cargo",
    "install",
    "--quiet",
    "--locked",
    "--root",
    root,
    `boringtun-cli@${BORINGTUN}`,
  ];
  const result = await run(command, { timeout: 900_000 });
  return result.code === 0 ? [] : [{
    name,
    reason: `cargo install failed (it needs Rust 1.88 or newer): ${
      lastLine(result.stderr)
    }`,
  }];
}

async function installKernel(say: (line: string) => void): Promise<LeftOut[]> {
  const tools = await installTools(MACHINE_TOOLS, say);
  if (tools.length > 0) return tools;
  if (cached("kernel")) return [];
  say("building a small virtual machine with Linux's own WireGuard");
  const folder = folderOf(PATHS.kernel());
  try {
    // The second time with fresh lists of packages, which a new machine has not.
    await buildImage(folder).catch(async () => {
      await run(["apt-get", "update", "-qq"], { timeout: 300_000 });
      await buildImage(folder);
    });
    return [];
  } catch (error) {
    return [{ name: "kernel", reason: lastLine(String(error)) }];
  }
}

/** @returns why it could not be done, or undefined */
async function aptInstall(
  packages: string[],
  say: (line: string) => void,
): Promise<string | undefined> {
  if (Deno.uid() !== 0) return "not root, so nothing can be installed";
  if (!hasProgram("apt-get")) return "no apt-get on this machine";
  say(`installing ${packages.join(", ")} with apt-get`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const install = [
    "apt-get",
    "install",
    "-y",
    "-qq",
    "--no-install-recommends",
    ...packages,
  ];
  const first = await run(install, { env, timeout: 300_000 });
  if (first.code === 0) return undefined;
  await run(["apt-get", "update", "-qq"], { env, timeout: 300_000 });
  const second = await run(install, { env, timeout: 300_000 });
  return second.code === 0
    ? undefined
    : `apt-get failed: ${lastLine(second.stderr)}`;
}

/** Whether there is a file or folder of that path. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

if (import.meta.main) {
  for (const { name, reason } of await install()) {
    console.error(`\n!!! LEFT OUT: ${name}: ${reason}`);
  }
}
