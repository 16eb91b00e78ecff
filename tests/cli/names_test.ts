/**
 * The program by its other names. From source it is Deno that is called, so a
 * wrapper gives it another first argument; links are for the compiled program.
 */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert";
import { callOf } from "../../src/cli/names.ts";
import { rootTest } from "../ffi/namespace.ts";
import { BINARY, CAKTUS } from "../program.ts";

const isBinary = CAKTUS[0] === BINARY[0];

/** What a command says, and its status. */
interface Said {
  status: number;
  stdout: string;
  stderr: string;
}

async function say(
  command: readonly string[],
  env: Record<string, string> = {},
): Promise<Said> {
  const [program = "", ...args] = command;
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    env: { NO_COLOR: "1", WG_QUICK_USERSPACE_IMPLEMENTATION: "", ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return {
    status: code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

Deno.test("callOf() knows names, paths, login shells, and the name as the first word", () => {
  const of = (first: string, ...words: string[]) => {
    const { name, words: rest } = callOf(first, words);
    return [name, ...rest];
  };
  deepStrictEqual(of("wg", "show"), ["wg", "show"]);
  deepStrictEqual(of("-wg"), ["wg"]);
  deepStrictEqual(of("/usr/local/bin/wg-quick", "up", "wg0"), [
    ...["wg-quick", "up", "wg0"],
  ]);
  deepStrictEqual(of("-/bin/wireguard-go", "-f", "wg0"), [
    ...["wireguard-go", "-f", "wg0"],
  ]);
  deepStrictEqual(of("caktus", "ip6tables-save", "-t", "nat"), [
    ...["ip6tables-save", "-t", "nat"],
  ]);
  deepStrictEqual(of("./caktus-linux-x64", "show"), [undefined, "show"]);
  deepStrictEqual(of("", "up"), [undefined, "up"]);
  deepStrictEqual(of("wg", "wg"), ["wg", "wg"]);
  deepStrictEqual(of("wg2", "show"), [undefined, "show"]);
});

/** Words for wg that touch no interface. */
const WORDS = [
  ["help"],
  ["--version", "x"],
  ["show", "--help"],
  ["set", "wg0"],
  ["syncconf", "a", "b", "c"],
  ["pubkey", "--help"],
];

// The list's words are our own; wg of 2025 takes + and - before the prefixes of set.
const usageOf = (text: string) =>
  text.replace(/^Usage: \S*\/wg /m, "Usage: wg ")
    .replaceAll(/^( {2}[a-z]+:) .*$/gm, "$1").replaceAll("[+|-]", "")
    .replace(/^(You may|`--help').*$/m, "");

Deno.test("wg's usage, errors and statuses are those of stock wg", async () => {
  for (const words of WORDS) {
    const [stock, ours] = await Promise.all([
      say(["wg", ...words]),
      say([...CAKTUS, "wg", ...words]),
    ]);
    strictEqual(usageOf(ours.stdout), usageOf(stock.stdout), `${words}`);
    strictEqual(usageOf(ours.stderr), usageOf(stock.stderr), `${words}`);
    strictEqual(ours.status, stock.status, `${words}`);
  }
});

Deno.test("wg --version has the version where scripts look for it", async () => {
  const { stdout, status } = await say([...CAKTUS, "wg", "--version"]);
  match(stdout, /^wireguard-tools v1\.0\.20\d{6} - caktus \d+\.\d+\.\d+\n$/);
  strictEqual(status, 0);
});

rootTest(
  "wg-quick's usage, errors and statuses are those of stock wg-quick",
  async () => {
    for (
      const words of [
        [],
        ["--help"],
        ["up"],
        ["restart", "wg0"],
        ["up", "caktus-none"],
        ["strip", "/dev/null"],
        ["save", "./there-is-none.conf"],
      ]
    ) {
      const stock = await say(["wg-quick", ...words]);
      const ours = await say([...CAKTUS, "wg-quick", ...words]);
      const firstLine = ({ stderr }: Said) => stderr.split("\n")[0];
      strictEqual(firstLine(ours), firstLine(stock));
      strictEqual(ours.status, stock.status);
    }
  },
);

Deno.test("wireguard-go says how it is used, and starts nothing for words it does not know", async () => {
  const usage = "Usage: wireguard-go [-f/--foreground] INTERFACE-NAME\n";
  for (const words of [["-f"], ["a", "b"]]) {
    const said = await say([...CAKTUS, "wireguard-go", ...words]);
    deepStrictEqual(said, { status: 1, stdout: "", stderr: usage });
  }
  const { stdout } = await say([...CAKTUS, "wireguard-go", "--version"]);
  match(stdout, /^wireguard-go: caktus \d/);
});

Deno.test("iptables-restore is refused: a link of that name is no call for help", async () => {
  deepStrictEqual(await say([...CAKTUS, "iptables-restore"]), {
    status: 2,
    stdout: "",
    stderr: "iptables-restore: iptables-restore is not understood\n" +
      "  this iptables-restore is caktus's own, for hooks: install iptables for all of it\n",
  });
});

Deno.test("a lone word that is no command starts nothing", async () => {
  const { status, stderr } = await say([...CAKTUS, "dwon"]);
  strictEqual(status, 1);
  match(
    stderr,
    /^caktus: there is no command dwon\n {2}did you mean: caktus down\n/,
  );
});

Deno.test("the first argument says what the program is called, be it through a wrapper", async () => {
  const called = (name: string, ...words: string[]) =>
    say(["bash", "-c", 'exec -a "$0" "$@"', name, ...CAKTUS, ...words]);
  deepStrictEqual(await called("-wg", "genkey", "x"), {
    status: 1,
    stdout: "",
    stderr: "Usage: wg genkey\n",
  });
  const { stderr } = await called("/opt/bin/wg-quick", "--help");
  match(stderr, /^Usage: wg-quick \[ up \| down \| save \| strip \] /);
});

if (isBinary) {
  Deno.test("symbolic links to the compiled program are wg, wg-quick and wireguard-go", async () => {
    const folder = await Deno.makeTempDir();
    try {
      for (const name of ["wg", "wg-quick", "wireguard-go"]) {
        await Deno.symlink(BINARY[0]!, `${folder}/${name}`);
        const { stdout, stderr } = await say([`${folder}/${name}`, "--help"]);
        ok((stdout + stderr).startsWith(`Usage: ${name} `), name);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

rootTest(
  "wg-quick asks sudo to run it where it is not root, and nothing else does",
  async () => {
    const folder = await Deno.makeTempDir();
    const run = (path: string, ...words: string[]) =>
      say(["unshare", "--user", ...CAKTUS, ...words], { PATH: path });
    try {
      const script = '#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n';
      await Deno.writeTextFile(`${folder}/sudo`, script, { mode: 0o755 });
      const path = `${folder}:${Deno.env.get("PATH")}`;
      const asked = await run(path, "wg-quick", "strip", "wg0");
      strictEqual(asked.status, 7);
      const words = asked.stdout.trimEnd().split("\n");
      deepStrictEqual(words.slice(0, 3), [
        "-p",
        "wg-quick must be run as root. Please enter the password for %u to continue: ",
        "--",
      ]);
      deepStrictEqual(words.slice(-3), ["wg-quick", "strip", "wg0"]);
      const refused = await run(path, "up", "wg0");
      deepStrictEqual([refused.status, refused.stdout], [1, ""]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

rootTest("wg-quick warns of a file that others may open", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/wg0.conf`;
  try {
    await Deno.writeTextFile(file, "[Interface]\n");
    for (
      const [above, mode] of [[0o755, 0o644], [0o755, 0o600], [0o700, 0o644]]
    ) {
      await Deno.chmod(folder, above!);
      await Deno.chmod(file, mode!);
      const [stock, ours] = await Promise.all([
        say(["wg-quick", "strip", file]),
        say([...CAKTUS, "wg-quick", "strip", file]),
      ]);
      deepStrictEqual(ours, stock);
      strictEqual(ours.stderr !== "", above === 0o755 && mode === 0o644);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
