/**
 * Which packets may be coalesced at all, and which belong together.
 *
 * ```text
 * kind      what it is                                     what it ends
 * segment   TCP with payload, flags ACK or ACK+PSH         –
 * datagram  UDP with payload and checksum                  –
 * single    any other TCP or UDP packet that is readable   the group of its flow
 * other     IPv4 options, fragments, IPv6 extension        every group between
 *           headers, other protocols, wrong lengths        its two hosts
 * ```
 *
 * A packet that passes alone ends groups so that it overtakes none of the
 * packets sent before it. Nothing here looks at checksums.
 *
 * @module
 */
import * as header from "./headers.ts";

/** What a packet is to the coalescer; see the table above. */
export type Kind = "segment" | "datagram" | "single" | "other";

/** The kind of the `length` bytes at `at`; reads nothing outside them. */
export function kindOf(view: DataView, at: number, length: number): Kind {
  if (length < header.IPV4_HEADER) return "other";
  const version = view.getUint8(at) >> 4;
  if (version === 4) return kindOfIPv4(view, at, length);
  if (version === 6) return kindOfIPv6(view, at, length);
  return "other";
}

/** Bytes of the IP header of a packet that is not of kind "other". */
export function transportOf(view: DataView, at: number): number {
  return view.getUint8(at) >> 4 === 4 ? header.IPV4_HEADER : header.IPV6_HEADER;
}

/** Whether a packet that is not of kind "other" is TCP; else it is UDP. */
export function isTCP(view: DataView, at: number): boolean {
  const ipv4 = view.getUint8(at) >> 4 === 4;
  return view.getUint8(
    at + (ipv4 ? header.IPV4_PROTOCOL : header.IPV6_NEXT_HEADER),
  ) === header.TCP;
}

/** Whether two packets of one IP version have the same source and the same destination. */
export function sameHosts(view: DataView, one: number, other: number): boolean {
  const ipv4 = view.getUint8(one) >> 4 === 4;
  const from = ipv4 ? header.IPV4_SOURCE : header.IPV6_SOURCE;
  const end = ipv4 ? header.IPV4_HEADER : header.IPV6_HEADER;
  for (let place = from; place < end; place += 4) {
    if (view.getInt32(one + place) !== view.getInt32(other + place)) {
      return false;
    }
  }
  return true;
}

/** The version of a packet that is long enough for its addresses, else 0. */
export function versionOf(view: DataView, at: number, length: number): number {
  if (length < header.IPV4_HEADER) return 0;
  const version = view.getUint8(at) >> 4;
  if (version === 4) return 4;
  return version === 6 && length >= header.IPV6_HEADER ? 6 : 0;
}

/** 0x45: version 4 and a header of five words, which is one without options. */
function kindOfIPv4(view: DataView, at: number, length: number): Kind {
  if (
    view.getUint8(at) !== 0x45 ||
    view.getUint16(at + header.IPV4_LENGTH) !== length ||
    (view.getUint16(at + header.IPV4_FRAGMENT) & ~header.IPV4_DONT_FRAGMENT) !==
      0
  ) return "other";
  const protocol = view.getUint8(at + header.IPV4_PROTOCOL);
  return kindOfTransport(
    view,
    at + header.IPV4_HEADER,
    length - header.IPV4_HEADER,
    protocol,
  );
}

function kindOfIPv6(view: DataView, at: number, length: number): Kind {
  const bytes = length - header.IPV6_HEADER;
  if (view.getUint16(at + header.IPV6_PAYLOAD_LENGTH) !== bytes) {
    return "other";
  }
  const protocol = view.getUint8(at + header.IPV6_NEXT_HEADER);
  return kindOfTransport(view, at + header.IPV6_HEADER, bytes, protocol);
}

function kindOfTransport(
  view: DataView,
  at: number,
  length: number,
  protocol: number,
): Kind {
  if (protocol === header.TCP) return kindOfTCP(view, at, length);
  if (protocol === header.UDP) return kindOfUDP(view, at, length);
  return "other";
}

/** The reserved bits, too, must be clear: one of them is part of accurate ECN. */
function kindOfTCP(view: DataView, at: number, length: number): Kind {
  if (length < header.TCP_HEADER) return "other";
  const words = view.getUint8(at + header.TCP_WORDS);
  const bytes = (words >> 4) * 4;
  if (bytes < header.TCP_HEADER || bytes > length) return "other";
  const flags = view.getUint8(at + header.TCP_FLAGS) & ~header.PSH;
  return flags === header.ACK && (words & 15) === 0 && bytes < length
    ? "segment"
    : "single";
}

/** A checksum of 0 says that there is none, so it cannot vouch for the payload. */
function kindOfUDP(view: DataView, at: number, length: number): Kind {
  if (length < header.UDP_HEADER) return "other";
  return view.getUint16(at + header.UDP_LENGTH) === length &&
      length > header.UDP_HEADER &&
      view.getUint16(at + header.UDP_CHECKSUM) !== 0
    ? "datagram"
    : "single";
}
