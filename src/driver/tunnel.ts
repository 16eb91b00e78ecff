/**
 * A device joined to the kernel: the loop that carries packets between the TUN
 * and the network.
 *
 * ```text
 *   read(tun) ─▶ split ─▶ handlePacket ┐          ┌ send ─▶ trains ─▶ sendmmsg
 *                                      ├─▶ flush ─┤
 *   recvmmsg ─▶ segments ─▶ handleDatagram ┘      └ deliver ─▶ coalesce ─▶ write(tun)
 * ```
 *
 * TUN and network take turns, each for a bounded batch. While there is work the
 * loop looks at the descriptors without waiting and lets Deno's events in every
 * few milliseconds; without work it sleeps in poll and nothing wakes it but a
 * packet, a request or a timer that is due.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { eventLoopDescriptor } from "../../ffi/descriptors.ts";
import { Poll, POLLERR, POLLIN, Wake } from "../../ffi/poll.ts";
import { EADDRNOTAVAIL } from "../../ffi/errno.ts";
import { Sender } from "../../ffi/sender.ts";
import { addressOf } from "../../ffi/memory.ts";
import type { Tun } from "../../ffi/tun.ts";
import type { DeviceChange, DeviceStatus, Endpoint } from "../config/config.ts";
import type { Names, PeerName } from "../config/uapi_names.ts";
import { formatAddress } from "../config/address.ts";
import { Device } from "../device/device.ts";
import { type Checksum, plainChecksum } from "../transport/checksum.ts";
import type { Aead } from "../noise/aead.ts";
import type { Cipher } from "../transport/aead.ts";
import type { PacketMemory } from "../transport/memory.ts";
import type { Chosen } from "../transport/self_check.ts";
import { addSleep, monotonic, wallClock } from "./clock.ts";
import { handleHandshakes } from "./handshakes.ts";
import { checkedKeyAgreement } from "./key_agreement.ts";
import { DatagramReader } from "./datagram_reader.ts";
import { OuterSource } from "./outer_source.ts";
import { Sink } from "./sink.ts";
import { reasonOf } from "./send_drop.ts";
import { Sockets } from "./sockets.ts";
import { TunReader } from "./tun_reader.ts";

/** MTU of a new tunnel, as wireguard-go's: 1500 less the greatest overhead. */
export const DEFAULT_MTU = 1420;
/** Messages that one sendmmsg call takes. */
const SEND_CAPACITY = 64;
/** Milliseconds for which a busy loop keeps Deno's own events waiting. */
const BUSY_SLICE = 2;
/** Milliseconds after the last packet in which the loop waits in its own thread for the next. */
const LINGER = 5_000;
/** Milliseconds of one such wait, in which Deno's timers stand still; with and without a hint of its events. */
const PAUSE = { hinted: 250, blind: 20 };
/** Longest time that setTimeout takes. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** Something besides packets that the loop waits for. */
export interface Watched {
  readonly fd: number;
  ready(): void;
}

/** One running tunnel. */
export class Tunnel {
  readonly tun: Tun;
  readonly sockets: Sockets;
  /** The fastest cipher that passes its check on this machine. */
  readonly cipher: Cipher;
  /** What to tell the user if that is not the one it should be. */
  readonly cipherWarning: string | undefined;
  /** The platform's X25519; noble where that one fails its check. */
  readonly keyAgreement = checkedKeyAgreement();
  #device: Device;
  #memory: PacketMemory;
  #checksum: Checksum;
  #address: number;
  #sender: Sender;
  #outerSource: OuterSource;
  #tunReader: TunReader;
  #datagramReader: DatagramReader;
  #poll = new Poll();
  #wake = new Wake();
  #watched: Watched[] = [];
  #now = monotonic();
  #timer: number | undefined;
  #timerAt = Infinity;
  /** When a packet came last. */
  #packetAt = -Infinity;
  #hint = eventLoopDescriptor();
  #attended = 0;
  /** Whether nothing has been read from the TUN since the last wait. */
  #slept = false;
  #narrow = new Set<string>();
  #nameservers: readonly Uint8Array[] = [];
  #stopped = false;
  #failure: { error: unknown } | undefined;

  /** Is told once of each address whose way takes less than a full packet of the tunnel. */
  onNarrow: (address: string) => void = () => {};
  /** Is asked where a peer's name leads; {@linkcode found} takes the answer. */
  onLookUp: (name: PeerName) => void = () => {};
  /** Is told after each turn of the loop, and so never while nothing happens. */
  onTurn: (now: number) => void = () => {};

  /** Takes over `tun` and the cipher's packet memory; the device is down until {@linkcode up}. */
  constructor(tun: Tun, chosen: Chosen) {
    this.tun = tun;
    const { memory, cipher, checksum, warning } = chosen;
    this.cipher = cipher;
    this.cipherWarning = warning;
    this.#memory = memory;
    this.#checksum = checksum ?? plainChecksum(memory);
    this.#address = addressOf(memory.bytes);
    this.#sender = new Sender(this.#address, SEND_CAPACITY, {
      onError: (to, errno, datagrams, length) =>
        this.#device.countSendDrop(
          this.#outerSource.original(to),
          reasonOf(errno),
          datagrams,
          length,
          this.#now,
        ),
      otherSource: (to) => this.#outerSource.otherSource(to),
      onNarrow: ({ address }) => this.#tellNarrow(formatAddress(address)),
      onSourceGone: () => this.#device.clearSources(),
    });
    this.#outerSource = new OuterSource(this.#sender, {
      tunnel: tun.index,
      mark: () => this.sockets.mark,
      onNone: (to, datagrams, length) =>
        this.#device.countSendDrop(
          to,
          reasonOf(EADDRNOTAVAIL),
          datagrams,
          length,
          this.#now,
        ),
    });
    this.sockets = new Sockets(this.#poll, this.#sender, () => {
      this.#wake.wake();
      this.forgetPaths();
    });
    this.#device = this.#createDevice(chosen.aead);
    this.#tunReader = new TunReader({
      ...{ memory, tun, address: this.#address },
      ...{ checksum: this.#checksum, device: this.#device },
    });
    this.#tunReader.setMtu(DEFAULT_MTU);
    this.#datagramReader = new DatagramReader(this.#address, this.#device);
    this.#poll.add(tun.fd);
    this.#poll.add(this.#wake.fd);
  }

  /**
   * The interface is up, also where it has no socket yet.
   *
   * @throws {SystemError} if no socket could be bound
   */
  up(): void {
    try {
      this.sockets.open();
    } finally {
      this.#change(() => this.#device.up(this.#now));
    }
  }

  /** The interface is down. */
  down(): void {
    this.#device.down();
  }

  setMtu(mtu: number): void {
    this.#tunReader.setMtu(mtu);
    this.#device.setMtu(mtu);
  }

  /** Addresses or routes of this machine have changed: what was learned of the ways to the peers may be wrong. */
  forgetPaths(): void {
    this.#device.clearSources();
    this.#device.retryLost(monotonic());
    this.#sender.forgetPaths();
    this.#outerSource.forget();
  }

  /** Where the peers are, as far as that is known. */
  endpoints(): Endpoint[] {
    return this.#device.endpoints();
  }

  /** The way to some endpoints is another one: their peers hear of it at once. */
  reach(concerns: (endpoint: Endpoint) => boolean): void {
    this.#change(() => this.#device.reach(concerns, this.#now));
  }

  /** The machine has slept so many milliseconds: what fell due meanwhile is due, and the peers hear of it at once. */
  wakeUp(milliseconds: number): void {
    addSleep(milliseconds);
    clearTimeout(this.#timer);
    this.#timerAt = Infinity;
    this.#change(() => {
      this.#device.reach(() => true, this.#now);
      this.#device.handleTimeout(this.#now);
    });
  }

  /** Gives peers the names by which they are found again; all others have none. */
  setNames({ names, nameservers }: Names): void {
    this.#nameservers = nameservers;
    this.#change(() => this.#device.setNames(names, this.#now));
  }

  names(): Names {
    return { names: this.#device.names(), nameservers: this.#nameservers };
  }

  /** A name was resolved, or could not be. */
  found(name: PeerName, endpoints: readonly Endpoint[]): void {
    this.#change(() => this.#device.found(name, endpoints, this.#now));
  }

  /** Changes keys and peers; port and mark are for {@linkcode sockets}. */
  apply(change: DeviceChange): void {
    this.#change(() => this.#device.apply(change, this.#now));
  }

  status(): DeviceStatus {
    return {
      ...this.#device.status(),
      listenPort: this.sockets.port,
      fwmark: this.sockets.mark,
    };
  }

  /** Waits for something else too, from the next wait on. */
  watch(watched: Watched): void {
    this.#watched.push(watched);
    this.#poll.add(watched.fd);
  }

  /**
   * Somebody is being answered, from outside the loop: until the function that
   * is returned is called, the loop waits only where Deno's events go on.
   */
  attend(): () => void {
    this.#attended++;
    return () => this.#attended--;
  }

  /** Makes {@linkcode run} return. */
  stop(): void {
    this.#stopped = true;
    this.#wake.wake();
  }

  /**
   * Carries packets until {@linkcode stop} is called.
   *
   * @throws {SystemError} of call "read", EBADFD, when the TUN device is gone;
   * any other error is a mistake of ours, after which nothing more may be sealed
   */
  async run(): Promise<void> {
    while (!this.#stopped) {
      await this.#wait();
      await this.#work();
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /**
   * Waits for something to do: for a while after a packet in this thread, where
   * the next one is taken up soonest; then in another, where nothing wakes it.
   */
  async #wait(): Promise<void> {
    const wait = Math.min(this.#packetAt + LINGER, this.#timerAt) - monotonic();
    this.#slept = true;
    if (wait < 1 || this.#attended > 0) {
      await this.#poll.wait(-1);
      return;
    }
    const longest = this.#hint === undefined ? PAUSE.blind : PAUSE.hinted;
    const pause = Math.ceil(Math.min(longest, wait));
    if (this.#poll.pause(pause, this.#hint) === 0) await this.#poll.wait(0);
  }

  /** Works until nothing waits any more. */
  async #work(): Promise<void> {
    let sliceEnd = monotonic() + BUSY_SLICE;
    do {
      this.#turn();
      if (monotonic() < sliceEnd) continue;
      await new Promise((resolve) => setImmediate(resolve));
      sliceEnd = monotonic() + BUSY_SLICE;
    } while (
      !this.#stopped && (this.#poll.check() > 0 || this.#device.handshakesWait)
    );
  }

  /** One batch in each direction, and everything else that is ready. */
  #turn(): void {
    this.#now = monotonic();
    // First, for a packet that waits may have come through a link whose going up waits here.
    for (const watched of this.#watched) {
      if (this.#isReady(watched.fd)) watched.ready();
    }
    if (this.#isReady(this.tun.fd)) this.#readTun();
    for (const fd of this.sockets.descriptors) {
      if (this.#isReady(fd)) this.#receive(fd);
    }
    if (this.#isReady(this.#wake.fd)) this.#wake.drain();
    handleHandshakes(this.#device, this.#now);
    this.#setTimer();
    this.onTurn(this.#now);
  }

  #isReady(fd: number): boolean {
    return (this.#poll.ready(fd) & (POLLIN | POLLERR)) !== 0;
  }

  #readTun(): void {
    const reads = this.#tunReader.read(this.#now, this.#slept);
    this.#slept = false;
    if (reads > 0) this.#packetAt = this.#now;
  }

  #receive(fd: number): void {
    if (this.#datagramReader.read(fd, this.#now) > 0) {
      this.#packetAt = this.#now;
    }
  }

  /**
   * Makes a change from outside the loop, with what it sends and when it is due
   * next. An error ends the loop: a batch that was sealed and not cleared would
   * be sealed once more, which undoes the cipher.
   */
  #change(change: () => void): void {
    this.#now = monotonic();
    try {
      change();
      this.#device.flush(this.#now);
      if (this.#device.handshakesWait) this.#wake.wake();
      this.#setTimer();
    } catch (error) {
      this.#failure ??= { error };
      this.stop();
    }
  }

  /** A timer on Deno's own loop, which runs beside the poll: an earlier one needs no wake-up of it. */
  #setTimer(): void {
    const at = this.#device.nextTimeout();
    if (at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    const wait = Math.min(LONGEST_TIMEOUT, Math.max(0, at - this.#now));
    this.#timer = setTimeout(() => {
      this.#timerAt = Infinity;
      this.#change(() => this.#device.handleTimeout(this.#now));
    }, Math.ceil(wait));
  }

  #tellNarrow(address: string): void {
    if (this.#narrow.has(address)) return;
    this.#narrow.add(address);
    this.onNarrow(address);
  }

  #createDevice(aead: Aead): Device {
    const memory = this.#memory;
    const output = new Sink({
      memory,
      address: this.#address,
      checksum: this.#checksum,
      tun: this.tun,
      sender: this.#outerSource,
      onRefused: () =>
        this.#device.countDrop("the interface did not take the packet"),
    });
    return new Device({
      memory,
      cipher: this.cipher,
      output,
      wallClock,
      keyAgreement: this.keyAgreement,
      aead,
      lookUp: (name) => this.onLookUp(name),
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
      mtu: DEFAULT_MTU,
    });
  }
}
