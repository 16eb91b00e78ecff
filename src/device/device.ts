/**
 * One WireGuard interface as a machine without I/O (whitepaper §2 to §6).
 *
 * ```text
 *              handlePacket ┌────────┐ output.send
 *   TUN ───────────────────▶│        │────────────▶ network
 *       ◀───────────────────│ Device │◀────────────
 *            output.deliver └────────┘ handleDatagram
 *                             ▲    ▲
 *          handleTimeout(now) ┘    └ apply(change), status()
 * ```
 *
 * Packets stand in packet memory and are named by their places; both handlers
 * only fill descriptors, and `flush` seals and opens them all. Handshakes wait
 * for `handleHandshake`, which deals with one. Time is the caller's: `now` in
 * milliseconds, never going back. No input makes it throw.
 *
 * @module
 */

import type {
  DeviceChange,
  DeviceStatus,
  Endpoint,
  PeerStatus,
} from "../config/config.ts";
import type { PeerName } from "../config/uapi_names.ts";
import { type Aead, nobleAead } from "../noise/aead.ts";
import {
  type KeyAgreement,
  nobleKeyAgreement,
} from "../noise/key_agreement.ts";
import type { WallTime } from "../noise/tai64n.ts";
import type { Cipher } from "../transport/aead.ts";
import type { PacketMemory } from "../transport/memory.ts";
import { AllowedIps } from "./allowed_ips.ts";
import { applyChange } from "./change.ts";
import { type Drop, Drops } from "./drops.ts";
import { HandshakeQueue } from "./handshake_queue.ts";
import { handleWaiting } from "./handshakes.ts";
import { Inbound } from "./inbound.ts";
import { IndexTable } from "./index_table.ts";
import { initiate } from "./initiate.ts";
import { LoadMeter } from "./load_meter.ts";
import { found, namesOf, setNames } from "./names.ts";
import { Outbound, type Output } from "./outbound.ts";
import { clearSource, type Peer } from "./peer.ts";
import { RateLimiter } from "./rate_limiter.ts";
import { greet, isInTouch } from "./reach.ts";
import { handleDatagram, openBatch } from "./receive.ts";
import { seek } from "./seek.ts";
import { dropStaged, handlePacket, sendKeepalive } from "./send.ts";
import { clearSessions } from "./session.ts";
import type { State } from "./state.ts";
import type { Timer } from "./timers.ts";
import { UnreachableLimit } from "./unreachable.ts";

/** What a device is made of. */
export interface DeviceOptions {
  /** Laid out as transport/layout.ts says. */
  memory: PacketMemory;
  cipher: Cipher;
  output: Output;
  /** New random bytes, fit for keys. */
  random: (length: number) => Uint8Array;
  wallClock: () => WallTime;
  /** What computes X25519; noble unless given. */
  keyAgreement?: KeyAgreement;
  /** What seals handshakes; noble unless given. */
  aead?: Aead;
  /** The interface's MTU, past which nothing is padded. */
  mtu: number;
  /** Handshake messages that wait from which on the device is under load; 128 unless given. */
  loadThreshold?: number;
  /** Is asked where a peer's name leads; {@linkcode Device.found} takes the answer. Nobody unless given. */
  lookUp?: (name: PeerName) => void;
}

/** Deadlines that are dealt with at once: 1,500 peers may have one at the same time. */
const MAX_EXPIRIES = 64;

/** One interface. */
export class Device {
  #state: State;

  constructor(options: DeviceOptions) {
    const { memory, cipher, output, random } = options;
    this.#state = {
      memory,
      output,
      random,
      wallClock: options.wallClock,
      lookUp: options.lookUp ?? (() => {}),
      keyAgreement: options.keyAgreement ?? nobleKeyAgreement,
      aead: options.aead ?? nobleAead,
      outbound: new Outbound(memory, cipher, output),
      inbound: new Inbound(memory, cipher),
      peers: new Map(),
      allowedIps: new AllowedIps(),
      indices: new IndexTable(random),
      limiter: new RateLimiter(),
      handshakes: new HandshakeQueue(),
      load: new LoadMeter(options.loadThreshold),
      unreachable: new UnreachableLimit(),
      alarm: { at: Infinity },
      drops: new Drops(),
      identity: undefined,
      isUp: false,
      mtu: options.mtu,
    };
  }

  /** TUN → network: an IP packet of `length` bytes at `at`, in a slot. */
  handlePacket(at: number, length: number, now: number): void {
    handlePacket(this.#state, at, length, now);
  }

  /**
   * Network → TUN: a UDP payload of `length` bytes at `at`. It must stay there
   * until `flush`. `service` is the service byte of the packet that brought it.
   */
  handleDatagram(
    at: number,
    length: number,
    from: Endpoint,
    service: number,
    now: number,
  ): void {
    handleDatagram(this.#state, at, length, from, service, now);
  }

  /** Opens and seals what waits, and hands everything to the output. */
  flush(now: number): void {
    openBatch(this.#state, now);
    this.#state.outbound.flush();
  }

  /** Whether handshakes wait for {@linkcode handleHandshake}; anything but it and `flush` may have changed that. */
  get handshakesWait(): boolean {
    return this.#state.handshakes.waits;
  }

  /**
   * Deals with one handshake that waits, if any does: the dearest thing that a
   * device does at once, which is why the caller decides how many it does between
   * two batches. Call {@linkcode flush} after it.
   */
  handleHandshake(now: number): void {
    handleWaiting(this.#state, now);
  }

  /** When {@linkcode handleTimeout} must be called; Infinity when nothing is due. It may be too early, never too late. */
  nextTimeout(): number {
    return this.#state.alarm.at;
  }

  /**
   * Does what is due by `now`, or as much of it as may keep packets waiting:
   * then the next timeout is now again. Call {@linkcode flush} after it.
   */
  handleTimeout(now: number): void {
    const { alarm, peers } = this.#state;
    if (now < alarm.at) return;
    alarm.at = Infinity;
    let left = MAX_EXPIRIES;
    for (const peer of peers.values()) {
      for (; left > 0; left--) {
        const timer = peer.timers.take(now);
        if (timer === undefined) break;
        this.#expire(peer, timer, now);
      }
      alarm.at = Math.min(alarm.at, peer.timers.next());
    }
  }

  /** Changes keys and peers. Call {@linkcode flush} after it. */
  apply(change: DeviceChange, now: number): void {
    applyChange(this.#state, change, now);
  }

  /** The interface is up: peers with a persistent keepalive speak at once. */
  up(now: number): void {
    if (this.#state.isUp) return;
    this.#state.isUp = true;
    for (const peer of this.#state.peers.values()) peer.timers.started(now);
  }

  /** The interface is down: sessions end, nothing is sent or taken. */
  down(): void {
    this.#state.isUp = false;
    this.#state.handshakes.clear();
    for (const peer of this.#state.peers.values()) {
      clearSessions(this.#state, peer);
      peer.timers.stopped();
      peer.staged = [];
      // Up again, it asks at once; a throttled initiation would leave nothing due.
      peer.handshakeSentAt = -Infinity;
    }
  }

  /** The machine's addresses or routes have changed: no peer is answered from an address that may be gone. */
  clearSources(): void {
    for (const peer of this.#state.peers.values()) clearSource(peer);
  }

  /**
   * The machine's addresses or routes have changed: an initiation that it could
   * not send goes out at once. REKEY-TIMEOUT (§6.1) spares the peer, whom it never
   * reached.
   */
  retryLost(now: number): void {
    for (const peer of this.#state.peers.values()) {
      if (!peer.initiationLost || !peer.timers.awaitsResponse()) continue;
      peer.initiationLost = false;
      peer.timers.initiationLost(now);
    }
  }

  /** Gives peers names, by which they are found again; all others have none. Call {@linkcode flush} after it. */
  setNames(names: readonly PeerName[], now: number): void {
    setNames(this.#state, names, now);
  }

  /** The names of peers; one that was told to be elsewhere has none any more. */
  names(): PeerName[] {
    return namesOf(this.#state);
  }

  /** What became of a question to `lookUp`: nothing, or the addresses, the preferred one first. Call {@linkcode flush} after it. */
  found(name: PeerName, endpoints: readonly Endpoint[], now: number): void {
    found(this.#state, name, endpoints, now);
  }

  /** Where the peers are, as far as that is known. */
  endpoints(): Endpoint[] {
    return [...this.#state.peers.values()].flatMap(({ endpoint }) =>
      endpoint ?? []
    );
  }

  /**
   * The way to peers has changed, or this machine has slept: those with whom it
   * speaks hear of it at once. Call {@linkcode flush} after it.
   *
   * @param concerns whether the way to an endpoint is one of those
   */
  reach(concerns: (endpoint: Endpoint) => boolean, now: number): void {
    for (const peer of this.#state.peers.values()) {
      if (!isInTouch(peer) || !peer.endpoint) continue;
      if (concerns(peer.endpoint)) greet(this.#state, peer, now);
    }
  }

  setMtu(mtu: number): void {
    this.#state.mtu = mtu;
  }

  /** Counts a packet that never reached the device, or that its output lost. */
  countDrop(reason: Drop, packets = 1): void {
    this.#state.drops.count(reason, packets);
  }

  /** Counts datagrams that its output could not send, of `length` bytes together; `to` is the object that the output was given, and names the peer. */
  countSendDrop(
    to: Endpoint,
    reason: Drop,
    datagrams: number,
    length: number,
    now: number,
  ): void {
    const { peers, drops } = this.#state;
    for (const peer of peers.values()) {
      if (peer.endpoint !== to) continue;
      if (peer.handshakeSentAt === now) peer.initiationLost = true;
      peer.sentBytes -= length;
      return peer.drops.count(reason, datagrams);
    }
    drops.count(reason, datagrams);
  }

  /** Everything there is to show; port and mark are the driver's to fill in. */
  status(): DeviceStatus {
    const { identity, peers, drops } = this.#state;
    const keys = identity === undefined ? {} : {
      privateKey: identity.staticPrivate,
      publicKey: identity.staticPublic,
    };
    return {
      ...keys,
      listenPort: 0,
      fwmark: 0,
      peers: [...peers.values()].map(statusOf),
      drops: drops.list(),
    };
  }

  #expire(peer: Peer, timer: Timer, now: number): void {
    const state = this.#state;
    switch (timer) {
      case "retransmit":
        return this.#retry(peer, now);
      case "keepalive":
        return sendKeepalive(state, peer, now);
      case "persistent":
        return this.#keepAlive(peer, now);
      case "newHandshake":
        clearSource(peer);
        return initiate(state, peer, now, false);
      case "zeroKeys":
        return clearSessions(state, peer);
    }
  }

  /** The persistent keepalive is due (§6.5). If it must wait, the next one is due all the same, or a short interval would end with the handshake that is given up. */
  #keepAlive(peer: Peer, now: number): void {
    sendKeepalive(this.#state, peer, now);
    if (peer.staged.length > 0) peer.timers.keepalivePutOff(now);
  }

  /** An initiation was not answered in time (§6.4). */
  #retry(peer: Peer, now: number): void {
    clearSource(peer);
    if (peer.timers.mayRetry()) {
      if (peer.endpoint !== undefined) seek(this.#state, peer, now);
      return initiate(this.#state, peer, now, true);
    }
    dropStaged(peer);
    peer.timers.gaveUp(now);
  }
}

function statusOf(peer: Peer): PeerStatus {
  const { publicKey, presharedKey, endpoint, lastHandshake } = peer;
  return {
    publicKey,
    ...(presharedKey && { presharedKey }),
    ...(endpoint && { endpoint }),
    ...(lastHandshake && { lastHandshake }),
    receivedBytes: peer.receivedBytes,
    sentBytes: peer.sentBytes,
    persistentKeepaliveSeconds: peer.timers.persistentInterval / 1_000,
    allowedIps: [...peer.allowedIps.values()],
    drops: peer.drops.list(),
  };
}
