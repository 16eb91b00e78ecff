/**
 * What is measured, in which unit, and how far Caktus should be ahead.
 *
 * A goal is a ratio of medians of one run, Caktus to the other implementation.
 *
 * @module
 */

/** A figure that is measured. */
export interface Measure {
  label: string;
  unit: string;
  better: "more" | "less";
  /** By the other implementation. */
  goals?: Record<string, Goal>;
}

/** Ratios: what should at least be reached, and what is aimed at. */
export interface Goal {
  reach: number;
  aim: number;
}

const GO = "wireguard-go";
const RATE = { unit: "Mbit/s", better: "more" } as const;
const BYTES = { unit: "MB/s", better: "more" } as const;
const TIME = { unit: "ms", better: "less" } as const;
const SPEED: Goal = { reach: 1.3, aim: 1.6 };

/** All measures by their name in the results, in the order of the table. */
export const MEASURES: Record<string, Measure> = {
  tcp1: {
    ...{ label: "TCP, 1 stream", ...RATE },
    goals: {
      [GO]: SPEED,
      gotatun: { reach: 4, aim: 6 },
      boringtun: { reach: 8, aim: 12 },
    },
  },
  tcp1r: { label: "TCP, 1 stream, back", ...RATE, goals: { [GO]: SPEED } },
  tcp4: { label: "TCP, 4 streams", ...RATE, goals: { [GO]: SPEED } },
  tcp4r: { label: "TCP, 4 streams, back", ...RATE, goals: { [GO]: SPEED } },
  udp1300: {
    ...{ label: "UDP, 1,300 B, delivered", ...RATE },
    goals: { [GO]: { reach: 1.2, aim: 2 } },
  },
  udp1300loss: { label: "UDP, 1,300 B, lost", unit: "%", better: "less" },
  udpfull: { label: "UDP, full packets, delivered", ...RATE },
  udpfullloss: { label: "UDP, full packets, lost", unit: "%", better: "less" },
  udp576: { label: "UDP, 576 B, delivered", ...RATE },
  udp576loss: { label: "UDP, 576 B, lost", unit: "%", better: "less" },
  udp100: { label: "UDP, 100 B, delivered", ...RATE },
  udp100loss: { label: "UDP, 100 B, lost", unit: "%", better: "less" },
  ping50: {
    ...{ label: "ping, idle, p50", ...TIME },
    goals: { [GO]: { reach: 1, aim: 0.8 } },
  },
  ping99: { label: "ping, idle, p99", ...TIME },
  loaded50: { label: "ping, loaded, p50", ...TIME },
  loaded99: { label: "ping, loaded, p99", ...TIME },
  flood: { label: "ping, flood, average", ...TIME },
  cpu: {
    ...{ label: "CPU, both ends, TCP 1", unit: "s/GB", better: "less" },
    goals: { [GO]: { reach: 0.55, aim: 0.45 } },
  },
  rss: {
    ...{ label: "RSS under load", unit: "MB", better: "less" },
    goals: { [GO]: { reach: 0.3, aim: 0.2 } },
  },
  peak: { label: "RSS, peak", unit: "MB", better: "less" },
  start: { label: "start to first ping", ...TIME },
  peers1: { label: "TCP, hub of 1 peer", ...RATE },
  peers1rss: { label: "RSS, hub of 1 peer", unit: "MB", better: "less" },
  peers100: { label: "TCP, hub of 100 peers", ...RATE },
  peers100rss: { label: "RSS, hub of 100 peers", unit: "MB", better: "less" },
  peers1000: { label: "TCP, hub of 1,000 peers", ...RATE },
  peers1000rss: {
    ...{ label: "RSS, hub of 1,000 peers", unit: "MB", better: "less" },
  },
  cipher1420: {
    ...{ label: "cipher, 1,420 B, one core", ...BYTES },
    goals: { openssl: { reach: 0.65, aim: 0.9 } },
  },
  cipher100: { label: "cipher, 100 B, one core", ...BYTES },
  cipher8920: { label: "cipher, 8,920 B, one core", ...BYTES },
  handshakes: {
    ...{ label: "handshakes, responder, one core", unit: "1/s" },
    better: "more",
    goals: { [GO]: { reach: 0.5, aim: 1 } },
  },
  handshakecpu: { label: "CPU of a handshake", unit: "µs", better: "less" },
  handshakelost: { label: "handshakes, lost", unit: "%", better: "less" },
};

/** How a ratio stands to a goal. */
export function verdict(
  ratio: number,
  goal: Goal,
  better: "more" | "less",
): "aim" | "reach" | "below" {
  const meets = (wanted: number) =>
    better === "more" ? ratio >= wanted : ratio <= wanted;
  return meets(goal.aim) ? "aim" : meets(goal.reach) ? "reach" : "below";
}
