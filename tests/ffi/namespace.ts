/**
 * Tests that need root, each in a network namespace of its own.
 *
 * The test runs this file's tests once more in a child, inside a fresh
 * namespace and filtered to its own name: a thread cannot change namespace
 * under a running program.
 *
 * ```text
 * deno test ─▶ namespaceTest ─▶ ip netns exec … deno test --filter NAME (INSIDE=1) ─▶ run()
 * ```
 *
 * Who is not root is told so and the test is left out; where CI is set it fails.
 *
 * @module
 */

import { strictEqual } from "node:assert";

const INSIDE = "CAKTUS_TEST_INSIDE";
const inside = Deno.env.get(INSIDE) !== undefined;
let count = 0;

/** A test that needs root. */
export function rootTest(name: string, run: () => Promise<void> | void): void {
  if (Deno.uid() === 0) return Deno.test(name, run);
  if (Deno.env.get("CI") !== undefined) {
    return Deno.test(name, () => {
      throw new Error("needs root, and nothing is left out in CI");
    });
  }
  Deno.test({
    name: `LEFT OUT, it needs root: ${name}`,
    ignore: true,
    fn: run,
  });
}

/** A test that runs alone, as root, in an empty network namespace whose lo is up. */
export function namespaceTest(
  name: string,
  file: string,
  run: () => Promise<void> | void,
): void {
  if (inside) return Deno.test(name, run);
  rootTest(name, async () => {
    const namespace = `cktest${Deno.pid}-${count++}`;
    sh(`ip netns add ${namespace} && ip -n ${namespace} link set lo up`);
    try {
      await runInside(namespace, name, file);
    } finally {
      sh(`ip netns delete ${namespace}`);
    }
  });
}

async function runInside(namespace: string, name: string, file: string) {
  const path = new URL(file).pathname;
  const test = ["test", "-A", "--no-check", "--quiet", "--filter", name, path];
  const { code, stdout, stderr } = await new Deno.Command("ip", {
    args: ["netns", "exec", namespace, Deno.execPath(), ...test],
    env: { [INSIDE]: "1", NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stdout) +
    new TextDecoder().decode(stderr);
  strictEqual(code, 0, said);
  strictEqual(said.includes("ok | 1 passed"), true, said);
}

/** What a shell command prints. @throws with its errors if it fails */
export function sh(command: string): string {
  const { code, stdout, stderr } = tryShell(command);
  if (code !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout;
}

/** A shell command's status and what it prints. */
export function tryShell(command: string) {
  const options = { args: ["-c", command] };
  const { code, stdout, stderr } = new Deno.Command("sh", options).outputSync();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}
