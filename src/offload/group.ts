/**
 * A group: packets of one flow that go to the TUN as one.
 *
 * The first packet gives the headers, each further one only its payload, all
 * of them where they lie. The rules are those of the kernel's own GRO, so that
 * what comes out is a packet that the kernel could have made itself, and that
 * split.ts (or the kernel's GSO) takes apart into the packets that went in;
 * tests/differential/kernel_gro_test.ts asks the kernel whether it is so:
 *
 * ```text
 * equal      hosts, ports, service and ECN, time to live, DF; IPv6 flow label
 *            TCP: acknowledgment, window, flags but PSH, options
 * IPv4 id    one more each time; or, with DF, the same each time
 * TCP        the sequence number is the next one
 * payload    as long as the first's; a shorter one is the last
 * PSH        is the last
 * total      at most 65,535 bytes; at most 128 segments or 64 datagrams
 * checksums  of both headers right, in each packet
 * ```
 *
 * The first packet's checksums are looked at only when a second one wants to
 * join: a packet that stays alone passes as it came.
 *
 * @module
 */
import type { PacketMemory } from "../transport/memory.ts";
import { type Checksum, fold, RIGHT } from "../transport/checksum.ts";
import { isTCP, transportOf } from "./flow.ts";
import * as header from "./headers.ts";
import { isDontFragment, sameIPv4, sameIPv6, sameTCP } from "./match.ts";
import * as virtio from "./virtio_net.ts";

/** Most pieces that a group hands out. */
export const MAX_SEGMENTS = 128;
/** The kernel's UDP_GRO_CNT_MAX. */
export const MAX_DATAGRAMS = 64;
const MAX_LENGTH = 65_535;

/** One group; used again for another flow when it was finished. */
export class Group {
  /** (place, length) pairs; after `finish` ready for writev. */
  readonly pieces = new Uint32Array(2 * MAX_SEGMENTS);

  #memory: PacketMemory;
  #checksum: Checksum;
  #at = 0;
  #tcp = false;
  #ports = 0;
  #transport = 0;
  #headers = 0;
  #size = 0;
  #length = 0;
  #count = 0;
  #sequence = 0;
  #sameIdentification = false;
  #verified = false;
  #push = false;
  #full = false;

  constructor(memory: PacketMemory, checksum: Checksum) {
    this.#memory = memory;
    this.#checksum = checksum;
  }

  /** The place of the first packet. */
  get at(): number {
    return this.#at;
  }

  /** Whether nothing may follow. */
  get full(): boolean {
    return this.#full;
  }

  /** Whether a packet with these ports, of the same IP version, may be of this flow. */
  hasPorts(ports: number, tcp: boolean, transport: number): boolean {
    return this.#ports === ports && this.#tcp === tcp &&
      this.#transport === transport;
  }

  /** Starts the group with a segment or a datagram. */
  begin(at: number, length: number): void {
    const { view } = this.#memory;
    const tcp = isTCP(view, at);
    const transport = transportOf(view, at);
    this.#at = at;
    this.#tcp = tcp;
    this.#transport = transport;
    this.#ports = view.getInt32(at + transport);
    this.#headers = transport +
      (tcp ? tcpHeader(view, at + transport) : header.UDP_HEADER);
    this.#size = length - this.#headers;
    this.#length = this.#headers;
    this.#count = 0;
    this.#sequence = tcp
      ? view.getInt32(at + transport + header.TCP_SEQUENCE)
      : 0;
    this.#verified = false;
    this.#append(at, length);
  }

  /**
   * Takes the flow's next packet in, of the first's kind, unless it may not
   * join; then returns false. The group is not full.
   */
  join(at: number, length: number): boolean {
    if (
      !this.#fits(length) || !this.#sameHeaders(at) ||
      !this.#vouched(at, length)
    ) return false;
    if (this.#count === 1) {
      this.#sameIdentification = this.#identificationStep(at) === 0;
    }
    this.#append(at, length);
    return true;
  }

  /**
   * Writes the headers, the virtio-net header in front of them included, and
   * returns the number of pieces.
   */
  finish(): number {
    if (this.#count === 1) virtio.writePlain(this.#memory, this.#at);
    else this.#writeHeaders();
    this.pieces[0] = this.#at - virtio.VIRTIO_NET_LENGTH;
    this.pieces[1] = virtio.VIRTIO_NET_LENGTH + this.#headers + this.#size;
    return this.#count;
  }

  #append(at: number, length: number): void {
    const payload = length - this.#headers;
    const piece = 2 * this.#count++;
    this.pieces[piece] = at + this.#headers;
    this.pieces[piece + 1] = payload;
    this.#length += payload;
    this.#full = payload < this.#size;
    if (!this.#tcp) return;
    this.#sequence = (this.#sequence + payload) | 0;
    const flags = this.#memory.view.getUint8(
      at + this.#transport + header.TCP_FLAGS,
    );
    this.#push = (flags & header.PSH) !== 0;
    if (this.#push) this.#full = true;
  }

  #fits(length: number): boolean {
    const payload = length - this.#headers;
    return payload <= this.#size &&
      this.#length + payload <= MAX_LENGTH &&
      this.#count < (this.#tcp ? MAX_SEGMENTS : MAX_DATAGRAMS);
  }

  #sameHeaders(at: number): boolean {
    const { view } = this.#memory;
    const first = this.#at;
    const transport = this.#transport;
    const sameIP = transport === header.IPV4_HEADER
      ? sameIPv4(view, at, first) && this.#nextIdentification(at)
      : sameIPv6(view, at, first);
    if (!sameIP || !this.#tcp) return sameIP;
    return view.getInt32(at + transport + header.TCP_SEQUENCE) ===
        this.#sequence &&
      sameTCP(
        view,
        at + transport,
        first + transport,
        this.#headers - transport,
      );
  }

  /** The second packet decides whether the identification stands still or counts. */
  #nextIdentification(at: number): boolean {
    const step = this.#identificationStep(at);
    if (this.#count > 1) {
      return step === (this.#sameIdentification ? 0 : this.#count);
    }
    return step === 1 || (step === 0 && isDontFragment(this.#memory.view, at));
  }

  #identificationStep(at: number): number {
    const { view } = this.#memory;
    return (view.getUint16(at + header.IPV4_IDENTIFICATION) -
      view.getUint16(this.#at + header.IPV4_IDENTIFICATION)) & 0xffff;
  }

  #vouched(at: number, length: number): boolean {
    if (!this.#verified) {
      if (!this.#isSound(this.#at, this.#headers + this.#size)) return false;
      this.#verified = true;
    }
    return this.#isSound(at, length);
  }

  /** One range holds addresses and transport: there is nothing between them. */
  #isSound(at: number, length: number): boolean {
    const checksum = this.#checksum;
    const ipv4 = this.#transport === header.IPV4_HEADER;
    if (ipv4 && checksum.sum(at, header.IPV4_HEADER, 0) !== RIGHT) return false;
    const addresses = ipv4 ? header.IPV4_SOURCE : header.IPV6_SOURCE;
    const initial = this.#protocol + length - this.#transport;
    const sum = checksum.sum(at + addresses, length - addresses, initial);
    return sum === RIGHT;
  }

  get #protocol(): number {
    return this.#tcp ? header.TCP : header.UDP;
  }

  #writeHeaders(): void {
    if (this.#transport === header.IPV4_HEADER) this.#writeIPv4();
    else this.#writeIPv6();
    if (this.#tcp) this.#writeTCP();
    else this.#writeUDP();
  }

  #writeIPv4(): void {
    const { view } = this.#memory;
    view.setUint16(this.#at + header.IPV4_LENGTH, this.#length);
    view.setUint16(this.#at + header.IPV4_CHECKSUM, 0);
    const sum = this.#checksum.sum(this.#at, header.IPV4_HEADER, 0);
    view.setUint16(this.#at + header.IPV4_CHECKSUM, ~sum);
  }

  #writeIPv6(): void {
    const length = this.#length - header.IPV6_HEADER;
    this.#memory.view.setUint16(this.#at + header.IPV6_PAYLOAD_LENGTH, length);
  }

  #writeTCP(): void {
    const { view } = this.#memory;
    const place = this.#at + this.#transport + header.TCP_FLAGS;
    if (this.#push) view.setUint8(place, view.getUint8(place) | header.PSH);
    const ipv4 = this.#transport === header.IPV4_HEADER;
    this.#writePartial(
      ipv4 ? virtio.SEGMENTS_TCP4 : virtio.SEGMENTS_TCP6,
      header.TCP_CHECKSUM,
    );
  }

  #writeUDP(): void {
    const length = this.#length - this.#transport;
    this.#memory.view.setUint16(
      this.#at + this.#transport + header.UDP_LENGTH,
      length,
    );
    this.#writePartial(virtio.SEGMENTS_UDP, header.UDP_CHECKSUM);
  }

  /** The pseudo header's sum, from which the kernel makes each packet's checksum. */
  #writePartial(type: number, field: number): void {
    const { view } = this.#memory;
    const from = this.#transport === header.IPV4_HEADER
      ? header.IPV4_SOURCE
      : header.IPV6_SOURCE;
    const initial = this.#protocol + this.#length - this.#transport;
    const bytes = this.#transport - from;
    const partial = this.#checksum.sum(this.#at + from, bytes, initial);
    view.setUint16(this.#at + this.#transport + field, fold(partial));
    virtio.writeSegments(
      this.#memory,
      this.#at,
      type,
      this.#headers,
      this.#size,
      this.#transport,
      field,
    );
  }
}

function tcpHeader(view: DataView, at: number): number {
  return (view.getUint8(at + header.TCP_WORDS) >> 4) * 4;
}
