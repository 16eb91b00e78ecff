/**
 * caktus: a WireGuard tunnel in one binary.
 *
 * ```text
 * argv ──▶ src/cli ──▶ exit status
 * ```
 *
 * What makes a key does not load what runs a tunnel: each command is imported when it is asked for,
 * by a literal path, so that `deno compile` takes it along.
 *
 * @module
 */

import { type OtherName, readCall } from "./src/cli/names.ts";

async function main(given: readonly string[]): Promise<number> {
  const { name, words } = readCall(given);
  if (name !== undefined) return await runAs(name, words);
  const [command, ...rest] = words;
  if (!rest.some((word) => word === "--help" || word === "-h")) {
    switch (command) {
      case "genkey":
      case "genpsk":
      case "pubkey":
        return (await import("./src/cli/keys.ts")).runKeys(command, rest);
    }
  }
  if (command === "guard") {
    return await (await import("./src/cli/confirm.ts")).runGuard(rest);
  }
  if (command === "daemon") {
    return await (await import("./src/cli/daemon.ts")).daemon(rest);
  }
  if (command === "cipher" && rest.length === 0) {
    return (await import("./src/cli/cipher.ts")).cipher();
  }
  return await (await import("./src/cli/cli.ts")).run(words);
}

/** Runs as the program whose name it was called by. */
async function runAs(
  name: OtherName,
  words: readonly string[],
): Promise<number> {
  switch (name) {
    case "wg":
      return await (await import("./src/cli/wg.ts")).runWg(words);
    case "wg-quick":
      return await (await import("./src/cli/wg_quick.ts")).runWgQuick(words);
    case "wireguard-go": {
      const module = await import("./src/cli/wireguard_go.ts");
      return await module.runWireguardGo(words);
    }
    case "sysctl":
      return await (await import("./src/cli/sysctl.ts")).runSysctl(words);
    default: {
      const module = await import("./src/cli/iptables.ts");
      return await module.runIptables(name, words);
    }
  }
}

// Never by returning: a call that waits in another thread would keep the process.
if (import.meta.main) Deno.exit(await main(Deno.args));
