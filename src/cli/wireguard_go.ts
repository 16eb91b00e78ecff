/**
 * The program as `wireguard-go`: the process behind an interface and nothing
 * else, for scripts that set up addresses and routes themselves.
 *
 * ```text
 * wireguard-go NAME              makes the interface, and goes on in the background
 * wireguard-go -f NAME           stays, and says on standard output what goes wrong
 *
 * WG_PROCESS_FOREGROUND=1        as -f
 * WG_TUN_FD=N  WG_UAPI_FD=N      a TUN device, and a listening socket, that are open already
 * LOG_LEVEL                      silent, error (else), or verbose and debug, which are the same
 * ```
 *
 * In the background what there is to say goes to standard output too where
 * LOG_LEVEL is set, and to /run/caktus/NAME.log.
 *
 * @module
 */

import { checkInterfaceName } from "../config/interface_name.ts";
import { startDaemon } from "../quick/daemon.ts";
import { Failure } from "../quick/failure.ts";
import { checkPrivileges, checkTunDevice } from "../quick/preflight.ts";
import type { DaemonOptions } from "../driver/daemon_options.ts";
import { wordsOf } from "./daemon_options.ts";
import { callItself } from "./names.ts";
import { complain, print, report } from "./output.ts";
import { VERSION } from "./version.ts";

const USAGE = "Usage: wireguard-go [-f/--foreground] INTERFACE-NAME";

/**
 * Runs what the words behind `wireguard-go` say.
 *
 * @returns the exit status
 */
export async function runWireguardGo(
  words: readonly string[],
): Promise<number> {
  callItself("wireguard-go");
  const [first = "", ...more] = words;
  if (more.length === 0 && /^(-h|--help)$/.test(first)) {
    print(`${USAGE}\n`);
    return 0;
  }
  if (words.length === 1 && first === "--version") {
    print(`wireguard-go: caktus ${VERSION}\n\n${ABOUT}`);
    return 0;
  }
  const stays = first === "-f" || first === "--foreground";
  const [name, ...rest] = stays ? more : words;
  if (name === undefined || rest.length > 0 || name.startsWith("-")) {
    complain(USAGE);
    return 1;
  }
  try {
    return await start(name, stays, optionsFrom(Deno.env.toObject()));
  } catch (error) {
    return report(error);
  }
}

const ABOUT = `Userspace WireGuard daemon for ${Deno.build.os}-${
  Deno.build.arch === "x86_64" ? "amd64" : "arm64"
}.
`;

async function start(
  name: string,
  stays: boolean,
  options: DaemonOptions,
): Promise<number> {
  checkInterfaceName(name, name);
  checkPrivileges(`wireguard-go ${name}`);
  if (options.tun === undefined) checkTunDevice();
  if (stays || Deno.env.get("WG_PROCESS_FOREGROUND") === "1") {
    const { runDaemon } = await import("../driver/daemon.ts");
    return await runDaemon(name, { ...options, foreground: true });
  }
  const { words, descriptors } = wordsOf(options);
  const never = new AbortController().signal;
  await startDaemon(name, () => {}, never, { words, descriptors });
  return 0;
}

/** @throws Failure where a descriptor is no number */
function optionsFrom(env: Readonly<Record<string, string>>): DaemonOptions {
  const tun = descriptor(env, "WG_TUN_FD");
  const uapi = descriptor(env, "WG_UAPI_FD");
  const level = env.LOG_LEVEL ?? "";
  return {
    ...tun !== undefined && { tun },
    ...uapi !== undefined && { uapi },
    level: levelOf(level),
    // Whoever asks for a level wants to read what is said.
    speaks: level !== "",
  };
}

function levelOf(text: string): "silent" | "error" | "verbose" {
  if (text === "silent") return text;
  return text === "verbose" || text === "debug" ? "verbose" : "error";
}

function descriptor(
  env: Readonly<Record<string, string>>,
  name: string,
): number | undefined {
  const text = env[name] ?? "";
  if (text === "") return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Failure(`${name} is ${text}, must be the number of a descriptor`);
}
