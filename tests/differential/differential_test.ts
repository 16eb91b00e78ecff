/**
 * One million random packets through the tunnel's fast path and through a plain
 * one, compared byte for byte.
 *
 * ```text
 *            fast_tunnel.ts, on packet memory             plain_tunnel.ts, an array a packet
 * reads ──┬─▶ split, checksum, route, pad, seal   ≡ sent ≡   split, …, seal ◀──┬── traffic.ts
 *         │       network.ts sends it back, with losses and forgeries          │
 * ────────┴─▶ open, replays, source               ≡ delivered ≡     open, … ◀──┴──
 *             coalesce                            ≡ writes ≡        coalesce
 * ```
 *
 * In rounds: each has an MTU, peers, flows and sessions of its own, all of them
 * from the round's seed, so that a round that fails can be run alone. A packet
 * counts when it was sealed; most come back and are opened.
 *
 *     deno test -A tests/differential                      a million, 1 to 2 minutes
 *     SEED=… PACKETS=1 deno test -A tests/differential     one round again
 */
import { ok, strictEqual } from "node:assert";
import { Buffer } from "node:buffer";
import { loadWasm } from "../../src/transport/aead.ts";
import { newPacketMemory } from "../../src/transport/layout.ts";
import { testLanes } from "../lanes.ts";
import { FastTunnel, type Message } from "./fast_tunnel.ts";
import { Network } from "./network.ts";
import { plainCoalesce } from "./plain_coalesce.ts";
import { PlainTunnel, type Sent, type Verdict } from "./plain_tunnel.ts";
import type { Read } from "./plain_split.ts";
import { Random } from "./random.ts";
import { connect } from "./session.ts";
import { Traffic } from "./traffic.ts";

const SEED = Number(Deno.env.get("SEED") ?? Date.now() % 1_000_000_000);
const ROUND = 4_000;
const MTUS = [1_280, 1_420, 1_420, 1_420, 8_920];

const lanes = await testLanes();
/** In several lanes each small batch is shared too, which takes its time. */
const PACKETS = Number(
  Deno.env.get("PACKETS") ?? (lanes === undefined ? 1_000_000 : 100_000),
);
/** The cipher as the program has it, and the build that stands in for it, each in a memory that is never cleared. */
const PAIRED = lanes === undefined
  ? loadWasm(newPacketMemory())
  : { ...lanes.chosen, checksum: lanes.chosen.checksum! };
const UNPAIRED = loadWasm(newPacketMemory(), undefined, "plain");

/** How often each thing happened, so that what never does is noticed. */
class Tally {
  readonly counts = new Map<string, number>();

  add(what: string, times = 1): void {
    this.counts.set(what, this.of(what) + times);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }
}

/** Fails, naming what, unless both lists hold the same bytes. */
function same(
  fast: readonly Uint8Array[],
  plain: readonly Uint8Array[],
  what: string,
): void {
  for (let i = 0; i < Math.max(fast.length, plain.length); i++) {
    const [one, other] = [fast[i], plain[i]];
    if (one && other && Buffer.compare(one, other) === 0) continue;
    const at = one?.findIndex((byte, place) => byte !== other?.[place]) ?? 0;
    throw new Error(
      `${what} ${i} of ${fast.length} and ${plain.length}, at byte ${at}\n` +
        `fast  ${shown(one)}\nplain ${shown(other)}`,
    );
  }
}

/** The length and the headers. */
function shown(bytes: Uint8Array | undefined): string {
  return bytes === undefined
    ? "nothing"
    : `${bytes.length} bytes ${bytes.subarray(0, 120).toHex()}`;
}

/** One round's tunnel, fast and plain, and all around it. */
class Round {
  #random: Random;
  #tally: Tally;
  #fast: FastTunnel;
  #plain: PlainTunnel;
  #traffic: Traffic;
  #network: Network;
  #udp: boolean;

  constructor(seed: number, tally: Tally) {
    const random = this.#random = new Random(seed);
    this.#tally = tally;
    const mtu = random.once(3) ? random.between(576, 2_000) : random.pick(MTUS);
    this.#udp = !random.once(5);
    const fill = (length: number) => random.bytes(length).slice();
    const engine = random.once(8) ? UNPAIRED : PAIRED;
    this.#fast = new FastTunnel({ engine, mtu, udp: this.#udp, random: fill });
    const peers = connect(this.#fast, random.between(1, 4), fill);
    this.#fast.takeBatches();
    this.#plain = new PlainTunnel(peers, mtu);
    this.#traffic = new Traffic(random, peers.length, mtu);
    this.#network = new Network(random, peers, mtu);
  }

  /** Packets go out and come back; returns how many went out. */
  turn(): number {
    const count = this.#random.between(1, 40);
    let reads = Array.from({ length: count }, () => this.#traffic.next());
    let packets = 0;
    while (reads.length > 0) {
      const taken = this.#fast.read(reads);
      const sent = this.#compareSent(reads.slice(0, taken));
      packets += sent.length;
      this.#network.answer(sent);
      reads = reads.slice(taken);
    }
    for (;;) {
      const messages = this.#network.take();
      if (messages.length === 0) return packets;
      this.#compareReceived(messages);
    }
  }

  #compareSent(reads: readonly Read[]): Sent[] {
    const sent = reads.flatMap((read) => {
      const packets = this.#plain.read(read);
      this.#tally.add(
        packets.length === 0 ? "reads refused" : "reads",
      );
      if (packets.length > 1) this.#tally.add("trains read");
      return packets;
    });
    const fast = this.#fast.takeSent();
    same(fast.map((one) => one.bytes), sent.map((one) => one.bytes), "sent");
    fast.forEach(({ to }, i) => strictEqual(to, sent[i]!.to));
    this.#tally.add("sealed", sent.length);
    return sent;
  }

  #compareReceived(messages: readonly Message[]): void {
    const places = this.#fast.receive(messages);
    const delivered: Uint8Array[] = [];
    let next = 0;
    for (const { from, datagrams } of messages) {
      for (const datagram of datagrams) {
        const place = places[next++]!;
        const { verdict, packet } = this.#plain.receive(datagram, from);
        this.#tally.add(verdict);
        if (packet !== undefined) delivered.push(packet);
        else if (isUntouched(verdict)) {
          ok(this.#fast.holds(place, datagram), `${verdict}, but changed`);
        }
      }
    }
    const batches = this.#fast.takeBatches();
    const fast = batches.flatMap((batch) => batch.delivered);
    same(fast, delivered, "delivered");
    for (const { delivered, writes } of batches) {
      same(writes, plainCoalesce(delivered, this.#udp), "write");
      const trains = writes.filter((write) => write[1] !== 0);
      this.#tally.add("writes", writes.length);
      this.#tally.add("trains written", trains.length);
    }
    strictEqual(this.#fast.takeSent().length, 0);
  }
}

/** What was not authentic is never decrypted. */
function isUntouched(verdict: Verdict): boolean {
  return verdict === "forged" || verdict === "unknown session";
}

/** What must have happened, and how often in each 100,000 packets. */
const LEAST: Record<string, number> = {
  "reads refused": 200,
  "trains read": 4_000,
  "trains written": 4_000,
  "delivered": 80_000,
  "keepalive": 200,
  "no transport data": 100,
  "unknown session": 100,
  "forged": 500,
  "replayed": 500,
  "no IP packet": 50,
  "foreign source": 50,
};

Deno.test("random packets: the fast path seals, opens and coalesces byte for byte as the plain one does", () => {
  const tally = new Tally();
  for (let seed = SEED; tally.of("sealed") < PACKETS; seed++) {
    let turn = 0;
    try {
      const round = new Round(seed, tally);
      for (let packets = 0; packets < ROUND; turn++) packets += round.turn();
    } catch (cause) {
      const again = `SEED=${seed} PACKETS=1 deno test -A tests/differential`;
      throw new Error(`turn ${turn}; again by ${again}`, { cause });
    }
  }
  const sealed = tally.of("sealed");
  console.log([...tally.counts].map(([k, v]) => `${v} ${k}`).join(", "));
  for (const [what, least] of Object.entries(LEAST)) {
    if (sealed < 100_000) break;
    ok(tally.of(what) >= least * sealed / 100_000, `too few: ${what}`);
  }
});
