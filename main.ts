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

async function main(words: readonly string[]): Promise<number> {
  const [command, ...rest] = words;
  if (!rest.some((word) => word === "--help" || word === "-h")) {
    switch (command) {
      case "genkey":
      case "genpsk":
      case "pubkey":
        return (await import("./src/cli/keys.ts")).runKeys(command, rest);
    }
  }
  if (command === "daemon") {
    return await (await import("./src/cli/daemon.ts")).daemon(rest);
  }
  if (command === "cipher" && rest.length === 0) {
    return (await import("./src/cli/cipher.ts")).cipher();
  }
  return await (await import("./src/cli/cli.ts")).run(words);
}

// Never by returning: a call that waits in another thread would keep the process.
if (import.meta.main) Deno.exit(await main(Deno.args));
