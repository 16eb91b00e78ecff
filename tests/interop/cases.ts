/**
 * How the interop tests are told apart, run side by side, and left out aloud.
 *
 * Without root or without a peer a test cannot run: it is then listed as ignored and named on stderr, and where the
 * variable CI is set it fails instead.
 *
 * @module
 */

import { isCaktus } from "./caktus.ts";
import { exists, hasProgram } from "./install.ts";
import { named, type Peer, subject } from "./peers.ts";

/** Why hosts cannot be made here, or undefined. */
export const UNABLE: string | undefined = unable();

/** The stock implementations and Caktus itself. */
export const ALL_PEERS = ["wireguard-go", "boringtun", "kernel", "caktus"];

/** What a test of the subject does. */
type Body = (subject: Peer, test: Deno.TestContext) => Promise<void>;

/** What a test of the subject and a peer does. */
type PeerBody = (
  subject: Peer,
  peer: Peer,
  test: Deno.TestContext,
) => Promise<void>;

/** A test of the subject and, unless told otherwise, wireguard-go; ignored, aloud, where one of them is missing. */
export function interopTest(
  name: string,
  body: Body,
  others = ["wireguard-go"],
): void {
  const needed = [subject(), ...others.map(named)];
  register(name, needed, (test) => body(subject(), test));
}

/** A test of what only Caktus promises; there is none where another is the subject. */
export function caktusTest(
  name: string,
  body: Body,
  others: string[] = [],
): void {
  if (isCaktus(subject())) interopTest(name, body, others);
}

/** The same once a peer; the peer's name is put for `%` in the name. */
export function peerTest(
  name: string,
  body: PeerBody,
  peers = ALL_PEERS,
): void {
  for (const peer of peers.map(named)) {
    register(
      name.replace("%", peer.name),
      [subject(), peer],
      (test) => body(subject(), peer, test),
    );
  }
}

function register(
  name: string,
  needed: Peer[],
  body: (test: Deno.TestContext) => Promise<void>,
): void {
  const reason = needed.map(missing).find((each) => each !== undefined);
  if (reason) leaveOut(name, reason);
  Deno.test({
    name,
    ignore: reason !== undefined,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: body,
  });
}

function missing(peer: Peer): string | undefined {
  return UNABLE ?? peer.missing();
}

/** A test of the compiled program, once a peer; there is none where another than Caktus is the subject. */
export function binaryTest(
  name: string,
  body: PeerBody,
  peers = ALL_PEERS,
): void {
  if (!isCaktus(subject())) return;
  const binary = named("caktus-binary");
  for (const peer of peers.map(named)) {
    register(
      name.replace("%", peer.name),
      [binary, peer],
      (test) => body(binary, peer, test),
    );
  }
}

/** The peers, each with its own body, all at once; each is reported by its name. For what waits more than it works. */
export function peersSideBySide(
  name: string,
  body: (subject: Peer, peer: Peer) => Promise<void>,
  peers = ALL_PEERS,
): void {
  const all = peers.map(named);
  const there = all.filter((peer) => missing(peer) === undefined);
  for (const peer of all.filter((peer) => missing(peer) !== undefined)) {
    leaveOut(`${name}: ${peer.name}`, missing(peer) ?? "");
  }
  register(name, [subject()], async (test) => {
    await Promise.all(there.map((peer) =>
      test.step({
        name: peer.name,
        sanitizeOps: false,
        sanitizeResources: false,
        sanitizeExit: false,
        fn: () => body(subject(), peer),
      })
    ));
  });
}

/** The compiled program where Caktus is the subject and it is there, else the subject: for what is run once a peer. */
export function compiledSubject(): Peer {
  const own = subject();
  const binary = named("caktus-binary");
  if (own.name !== "caktus") return own;
  const reason = binary.missing();
  if (reason) leaveOut("the compiled program", reason);
  return reason ? own : binary;
}

/** Seconds of a long measurement: `CAKTUS_TEST_SECONDS`, else what the full test asks for. */
export function secondsOf(full: number): number {
  return Number(Deno.env.get("CAKTUS_TEST_SECONDS") ?? full);
}

function leaveOut(name: string, reason: string): void {
  const line = `LEFT OUT: ${name}: ${reason}`;
  if (Deno.env.get("CI")) throw new Error(line);
  console.error(`!!! ${line}`);
}

function unable(): string | undefined {
  if (Deno.build.os !== "linux") return "not Linux";
  if (Deno.uid() !== 0) return "not root";
  if (!hasProgram("unshare")) return "there is no unshare";
  if (!exists("/dev/net/tun")) return "there is no /dev/net/tun";
  const probe = new Deno.Command("unshare", {
    args: ["--net", "--mount", "--pid", "--fork", "true"],
    stderr: "null",
  });
  return probe.outputSync().success
    ? undefined
    : "no namespaces can be made here";
}
