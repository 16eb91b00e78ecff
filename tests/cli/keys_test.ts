/**
 * The key commands, by themselves and beside wg(8): the same input has to give
 * the same output and exit status.
 *
 * @module
 */

import { CAKTUS } from "../program.ts";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert";
import { randomBytes } from "node:crypto";
import { genkey, genpsk, pubkey, type Streams } from "../../src/cli/keys.ts";
import { publicKeyOf } from "../../src/noise/crypto.ts";
import { decodeKey, encodeKey, type PrivateKey } from "../../src/noise/keys.ts";

const KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/** Its public key, as wg gives it. */
const PUBLIC = "j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8=\n";
const COMMANDS = { genkey, genpsk, pubkey };

/** What a command did with some input. */
interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

interface Given {
  words?: string[];
  /** Latin-1: one character a byte. */
  stdin?: string;
  pieceLength?: number;
  mode?: number;
  random?: Uint8Array;
}

const bytesOf = (text: string) =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

function run(command: keyof typeof COMMANDS, given: Given = {}): Outcome {
  const input = bytesOf(given.stdin ?? "");
  const length = given.pieceLength ?? 4096;
  const outcome = { status: -1, stdout: "", stderr: "" };
  const streams: Streams = {
    *stdin() {
      for (let at = 0; at < input.length; at += length) {
        yield input.subarray(at, at + length);
      }
    },
    stdout: (text) => void (outcome.stdout += text),
    stderr: (line) => void (outcome.stderr += `${line}\n`),
    stdoutMode: () => given.mode,
    random: (n) => given.random?.slice() ?? new Uint8Array(randomBytes(n)),
  };
  outcome.status = COMMANDS[command](streams, given.words ?? []);
  return outcome;
}

/** Inputs of pubkey: a name, the bytes, and whether a public key comes out. */
const INPUTS: [string, string, boolean][] = [
  ["a key alone", KEY, true],
  ["a newline", `${KEY}\n`, true],
  ["CR LF", `${KEY}\r\n`, true],
  ["many newlines", `${KEY}\n\n\n`, true],
  ["a space", `${KEY} \n`, true],
  ["all that isspace() takes", `${KEY} \t\n\v\f\r`, true],
  ["a NUL", `${KEY}\0`, true],
  ["blanks and NULs", `${KEY} \0\n\0 `, true],
  ["very many blanks", `${KEY}${" \n".repeat(20000)}`, true],
  ["a key of zeros", `${"A".repeat(43)}=\n`, true],
  ["a key of ones", `${"/".repeat(42)}8=\n`, true],
  ["nothing", "", false],
  ["a newline alone", "\n", false],
  ["NULs alone", "\0".repeat(100), false],
  ["a space before", ` ${KEY}\n`, false],
  ["a newline before", `\n${KEY}\n`, false],
  ["a byte order mark before", `\xef\xbb\xbf${KEY}\n`, false],
  ["a letter behind", `${KEY}x`, false],
  ["a letter on the next line", `${KEY}\nx`, false],
  ["a letter far behind", `${KEY}${"\n".repeat(9000)}x`, false],
  ["two keys", `${KEY}\n${KEY}\n`, false],
  ["two equals signs", `${KEY}=`, false],
  ["an escape behind", `${KEY}\x1b`, false],
  ["a no-break space behind", `${KEY}\xc2\xa0`, false],
  ["a next-line character behind", `${KEY}\x85`, false],
  ["no equals sign", KEY.slice(0, 43), false],
  ["a newline for the equals sign", `${KEY.slice(0, 43)}\n`, false],
  ["a character too few", `${KEY.slice(1)}\n`, false],
  ["a character too many", `A${KEY}\n`, false],
  ["31 bytes", `${KEY.slice(0, 42)}==\n`, false],
  ["33 bytes", `${KEY.slice(0, 43)}A\n`, false],
  ["bits that no byte takes", `${KEY.slice(0, 42)}9=\n`, false],
  ["base64url", `-_${KEY.slice(2)}\n`, false],
  ["a space within", `${KEY.slice(0, 20)} ${KEY.slice(21)}\n`, false],
  ["a NUL within", `${KEY.slice(0, 20)}\0${KEY.slice(21)}\n`, false],
  ["an equals sign within", `${KEY.slice(0, 20)}=${KEY.slice(21)}\n`, false],
  ["a letter that is not ASCII", `\xe4${KEY.slice(1)}\n`, false],
  ["hex", `${"0f".repeat(32)}\n`, false],
  ["quotes around", `"${KEY}"\n`, false],
  ["a line of a file", `PrivateKey = ${KEY}\n`, false],
];

Deno.test("pubkey() takes a key with blanks behind it and nothing else", () => {
  for (const [name, stdin, accepted] of INPUTS) {
    const { status, stdout, stderr } = run("pubkey", { stdin });
    strictEqual(status, accepted ? 0 : 1, name);
    match(stdout, accepted ? /^[\w+/]{43}=\n$/ : /^$/, name);
    match(stderr, accepted ? /^$/ : /^caktus: [^\n.]+\n {2}[^\n]+\n$/, name);
    ok(!stderr.includes(KEY.slice(8, 16)), `${name}: shows the key`);
  }
});

Deno.test("pubkey() does not care how its input comes in pieces", () => {
  for (const [name, stdin] of INPUTS) {
    const whole = run("pubkey", { stdin });
    for (const pieceLength of [1, 43, 44, 45]) {
      const { status, stdout } = run("pubkey", { stdin, pieceLength });
      deepStrictEqual([status, stdout], [whole.status, whole.stdout], name);
    }
  }
});

Deno.test("pubkey() gives noble's public key, clamped private key or not", () => {
  strictEqual(run("pubkey", { stdin: KEY }).stdout, PUBLIC);
  for (let round = 0; round < 50; round++) {
    const key = new Uint8Array(randomBytes(32)) as Uint8Array as PrivateKey;
    strictEqual(
      run("pubkey", { stdin: encodeKey(key) }).stdout,
      `${encodeKey(publicKeyOf(key))}\n`,
    );
  }
});

Deno.test("pubkey() stops reading input that cannot become right", () => {
  for (const byte of [0, 0x0a, 0x41]) {
    let pieces = 0;
    const endless: Streams = {
      *stdin() {
        for (;; pieces++) yield new Uint8Array(100).fill(byte);
      },
      stdout: () => {},
      stderr: () => {},
      stdoutMode: () => undefined,
      random: () => new Uint8Array(),
    };
    strictEqual(pubkey(endless, []), 1);
    ok(pieces < 2);
  }
});

Deno.test("pubkey() says so when standard input cannot be read", () => {
  const broken: Streams = {
    stdin: () => {
      throw new Error("is a directory");
    },
    stdout: () => {},
    stderr: (line) => ok(!line.includes("undefined")),
    stdoutMode: () => undefined,
    random: () => new Uint8Array(),
  };
  strictEqual(pubkey(broken, []), 1);
});

Deno.test("genkey() clamps what it drew, and genpsk() does not", () => {
  const random = new Uint8Array(32).fill(0xff);
  const clamped = random.slice();
  clamped[0] = 0xf8;
  clamped[31] = 0x7f;
  deepStrictEqual(run("genkey", { random }), {
    status: 0,
    stdout: `${encodeKey(clamped)}\n`,
    stderr: "",
  });
  deepStrictEqual(run("genpsk", { random }), {
    status: 0,
    stdout: `${encodeKey(random)}\n`,
    stderr: "",
  });
});

Deno.test("genkey() and genpsk() warn where others may open the file", () => {
  const warned = [0o100644, 0o604, 0o602, 0o601, 0o666];
  const quiet = [undefined, 0o100600, 0o640, 0o660, 0o700];
  for (const command of ["genkey", "genpsk", "pubkey"] as const) {
    for (const mode of [...warned, ...quiet]) {
      const given = mode === undefined ? {} : { mode };
      const { status, stderr } = run(command, { ...given, stdin: KEY });
      const warns = command !== "pubkey" && warned.includes(mode ?? 0);
      strictEqual(status, 0);
      strictEqual(stderr.startsWith("caktus: warning: "), warns);
    }
  }
});

Deno.test("the key commands take no words", () => {
  for (const command of ["genkey", "genpsk", "pubkey"] as const) {
    for (const words of [["x"], [""], ["-"], ["a", "b"]]) {
      const { status, stdout, stderr } = run(command, { words, stdin: KEY });
      deepStrictEqual([status, stdout], [1, ""]);
      match(stderr, new RegExp(`^usage: caktus ${command}`));
    }
  }
});

/** Runs a program with bytes on its standard input. */
async function spawn(
  program: string,
  words: string[],
  stdin = "",
): Promise<Outcome> {
  const child = new Deno.Command(program, {
    args: words,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(bytesOf(stdin)).catch(() => {}); // it may have gone
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await output;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { status: code, stdout: text(stdout), stderr: text(stderr) };
}

/** Whether wg(8) is there to compare with; in CI it has to be. */
async function findWg(): Promise<boolean> {
  try {
    return (await spawn("wg", ["--version"])).status === 0;
  } catch (error) {
    if (Deno.env.has("CI")) throw error;
    console.error("LEFT OUT: wg is not installed; nothing to compare with");
    return false;
  }
}

const hasWg = await findWg();

Deno.test({
  name: "pubkey() gives wg's output and exit status for each input",
  ignore: !hasWg,
  async fn() {
    for (const [name, stdin] of INPUTS) {
      const wg = await spawn("wg", ["pubkey"], stdin);
      const ours = run("pubkey", { stdin });
      deepStrictEqual(
        [ours.status, ours.stdout],
        [wg.status, wg.stdout],
        name,
      );
    }
  },
});

Deno.test({
  name: "pubkey() gives wg's output for random keys and damaged ones",
  ignore: !hasWg,
  async fn() {
    for (let round = 0; round < 60; round++) {
      const key = encodeKey(new Uint8Array(randomBytes(32)));
      const [at, byte] = [randomBytes(1)[0]! % 46, randomBytes(1)[0]!];
      const damaged = key.slice(0, at) + String.fromCharCode(byte) +
        key.slice(at + 1);
      for (const stdin of [key, damaged]) {
        const wg = await spawn("wg", ["pubkey"], stdin);
        const ours = run("pubkey", { stdin });
        deepStrictEqual([ours.status, ours.stdout], [wg.status, wg.stdout]);
      }
    }
  },
});

Deno.test({
  name: "wg refuses the words that the key commands refuse",
  ignore: !hasWg,
  async fn() {
    for (const command of ["genkey", "genpsk", "pubkey"] as const) {
      const wg = await spawn("wg", [command, "x"], KEY);
      const ours = run(command, { words: ["x"], stdin: KEY });
      deepStrictEqual([ours.status, ours.stdout], [wg.status, wg.stdout]);
    }
  },
});

/** The program in a process of its own; stdout to a file of a mode. */
async function runInShell(script: string): Promise<Outcome> {
  const caktus = CAKTUS.join(" ");
  return await spawn("sh", ["-c", script.replaceAll("CAKTUS", caktus)]);
}

Deno.test("caktus genkey | caktus pubkey works as a pipe of processes", async () => {
  const folder = await Deno.makeTempDir();
  const { status, stdout, stderr } = await runInShell(
    `set -e; umask 077; cd ${folder}
     CAKTUS genkey > private; CAKTUS pubkey < private
     umask 022; CAKTUS genpsk > shared; cat private shared`,
  );
  const [publicKey, privateKey, shared] = stdout.split("\n");
  await Deno.remove(folder, { recursive: true });
  strictEqual(status, 0);
  strictEqual(decodeKey(shared!)!.length, 32);
  deepStrictEqual(
    decodeKey(publicKey!),
    publicKeyOf(decodeKey(privateKey!) as PrivateKey),
  );
  strictEqual(stderr.split("warning").length, 2, "genpsk warns, genkey not");
});

Deno.test("a key that cannot be written is an error", async () => {
  const { status, stdout, stderr } = await runInShell(
    "CAKTUS genkey > /dev/full",
  );
  deepStrictEqual([status, stdout], [1, ""]);
  match(stderr, /^caktus: /);
});
