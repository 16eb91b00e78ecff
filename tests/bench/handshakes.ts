/**
 * Handshakes a second that a program answers on one core.
 *
 * ```text
 *  asking   eth0 10.78.0.1 ═══ veth ═══ eth0 10.78.0.2   answering
 *           core 0: 512 initiators        core 1: the program, wg0
 * ```
 *
 * Each initiator asks in turn, several times (handshake_generator.ts); the first time warms up and is not counted.
 *
 * @module
 */

import { type Host, Network } from "../interop/netns.ts";
import { keyPair } from "../interop/settings.ts";
import { DENO } from "../program.ts";
import { begin, configuring, cpuSecondsOf } from "./daemon.ts";
import type { Outcome, Task } from "./handshake_generator.ts";

/** Initiators; each of them may ask 20 times a second. */
const INITIATORS = 512;
/** Handshakes that are expected in a second, by which the length of a measurement is chosen. */
const EXPECTED = 3_000;
const ADDRESS = "10.78.0.2", PORT = 51820;

/** What a responder did. */
export interface Handshakes {
  /** Responses a second. */
  perSecond: number;
  /** CPU of the program for one, all its threads, in microseconds. */
  cpuMicroseconds: number;
  /** Initiations without a response, of all. */
  lostPercent: number;
}

/**
 * Measures for about `seconds`. Needs root, two cores and the stock `wg`.
 *
 * @param command the program's command line without its last word, the interface's name; it must stay in the foreground
 * @throws Error with the program's own words
 */
export async function measureHandshakes(
  command: readonly string[],
  seconds: number,
): Promise<Handshakes> {
  const network = await Network.create("asking", "answering");
  try {
    const [asking, answering] = [
      network.host("asking"),
      network.host("answering"),
    ];
    await network.wire(plug(asking, 1), plug(answering, 2));
    const rounds = Math.max(1, Math.round(seconds * EXPECTED / INITIATORS));
    const own = keyPair();
    const initiators = Array.from({ length: INITIATORS }, () => keyPair());
    const settings = {
      privateKey: own.privateKey,
      listenPort: PORT,
      addresses: [],
      peers: initiators.map(({ publicKey }) => ({ publicKey, allowedIps: [] })),
    };
    const program = await begin(
      answering,
      ["taskset", "-c", "1", ...command, "wg0"],
      configuring(settings, "ip link set wg0 up"),
    );
    const before = await cpuSecondsOf(program);
    const outcome = await ask(asking, {
      address: ADDRESS,
      port: PORT,
      responder: own.publicKey,
      initiators: initiators.map(({ privateKey }) => privateKey),
      rounds,
    });
    const used = await cpuSecondsOf(program) - before;
    return figuresOf(outcome, used, rounds);
  } finally {
    await network.close();
  }
}

function figuresOf(
  { answered, lost, seconds }: Outcome,
  used: number,
  rounds: number,
): Handshakes {
  if (answered === 0) throw new Error("no handshake was answered");
  // The round that was not counted used its share of the CPU too.
  const all = answered + answered / rounds;
  return {
    perSecond: answered / seconds,
    cpuMicroseconds: used * 1e6 / all,
    lostPercent: 100 * lost / (answered + lost),
  };
}

async function ask(host: Host, task: Task): Promise<Outcome> {
  const generator =
    new URL("./handshake_generator.ts", import.meta.url).pathname;
  const result = await host.runWith(
    { stdin: JSON.stringify(task), timeout: 90_000 },
    ...["taskset", "-c", "0", ...DENO, generator],
  );
  if (result.code !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout);
}

function plug(host: Host, last: number) {
  return { host, interface: "eth0", addresses: [`10.78.0.${last}/24`] };
}
