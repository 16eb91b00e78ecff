/**
 * The implementations that talk to one another, behind one interface.
 *
 * | name | what it is | file |
 * |---|---|---|
 * | caktus | this program, from source | caktus.ts |
 * | caktus-binary | this program, compiled | caktus.ts |
 * | wireguard-go | the reference in userspace | userspace.ts |
 * | boringtun | Cloudflare's | userspace.ts |
 * | kernel | Linux's own, in a small virtual machine | kernel.ts |
 *
 * Scenarios are written for a *subject* and a *peer*. The subject is Caktus; `CAKTUS_TEST_SUBJECT=wireguard-go` puts
 * another in its place, which tells a bad scenario from a bad Caktus.
 *
 * @module
 */

import { caktus, caktusBinary } from "./caktus.ts";
import { kernel } from "./kernel.ts";
import type { Host } from "./netns.ts";
import type { Result } from "./process.ts";
import type { Settings } from "./settings.ts";
import { boringtun, wireguardGo } from "./userspace.ts";

/** A WireGuard implementation. */
export interface Peer {
  readonly name: string;
  /** Why it cannot be had on this machine, or undefined. Installs nothing. */
  missing(): string | undefined;
  /** Makes the machine on which the interface will run, where that takes a while; the host's wiring must stand. */
  prepare(host: Host): Promise<void>;
  /** Brings an interface up, with addresses, MTU and routes, as a user of it would. @throws Error with its log */
  start(host: Host, name: string, settings: Settings): Promise<Running>;
}

/** An interface that is up. */
export interface Running {
  readonly peer: Peer;
  readonly host: Host;
  readonly link: string;
  /** Runs a program on the machine that has the interface. */
  run(...command: string[]): Promise<Result>;
  /** The same with another limit than 30 s. */
  runFor(milliseconds: number, ...command: string[]): Promise<Result>;
  /** Runs a program there that must succeed. @returns its stdout */
  must(...command: string[]): Promise<string>;
  /** What it said, for the report of a failure. */
  log(): string;
  /** Takes the interface down in an orderly way. */
  stop(): Promise<void>;
  /** Ends it like a power cut. */
  crash(): Promise<void>;
}

/** All implementations by name. */
export const PEERS: Record<string, Peer> = Object.fromEntries(
  [wireguardGo, boringtun, kernel, caktus, caktusBinary].map((
    peer,
  ) => [peer.name, peer]),
);

/** The implementation under test, by source. */
export function subject(): Peer {
  return named(Deno.env.get("CAKTUS_TEST_SUBJECT") ?? "caktus");
}

/** The implementation of that name. */
export function named(name: string): Peer {
  const peer = PEERS[name];
  if (!peer) {
    throw new RangeError(
      `no implementation ${name}; there are ${Object.keys(PEERS).join(", ")}`,
    );
  }
  return peer;
}

/** A peer as `wg show dump` lists it. */
export interface PeerState {
  publicKey: string;
  presharedKey: string;
  endpoint: string;
  allowedIps: string[];
  /** Seconds since 1970; 0 before the first handshake. */
  latestHandshake: number;
  receivedBytes: number;
  sentBytes: number;
}

/** What the interface says of its peers, by stock wg. */
export async function peerStates(running: Running): Promise<PeerState[]> {
  const dump = await running.must("wg", "show", running.link, "dump");
  return dump.trim().split("\n").slice(1).map((line) => {
    const [
      publicKey = "",
      presharedKey = "",
      endpoint = "",
      allowed = "",
      handshake,
      received,
      sent,
    ] = line.split("\t");
    return {
      publicKey,
      presharedKey,
      endpoint,
      allowedIps: allowed.split(","),
      latestHandshake: Number(handshake),
      receivedBytes: Number(received),
      sentBytes: Number(sent),
    };
  });
}

/** The only peer of an interface. */
export async function onlyPeer(running: Running): Promise<PeerState> {
  const [state, ...more] = await peerStates(running);
  if (!state || more.length > 0) {
    throw new RangeError(`${running.link} has not exactly one peer`);
  }
  return state;
}
