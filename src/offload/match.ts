/**
 * Compares the headers of two packets of one flow, as the kernel's GRO does:
 * what must be equal so that one header can stand for both. Hosts, ports and
 * protocol are taken as equal; lengths and checksums may differ.
 *
 * @module
 */
import * as header from "./headers.ts";

/** PSH in the 32 bits at `TCP_WORDS`. */
const PSH_IN_WORD = header.PSH << 16;

/** Service and ECN, DF and time to live. The identification is the group's to judge. */
export function sameIPv4(view: DataView, one: number, other: number): boolean {
  return view.getUint16(one) === view.getUint16(other) &&
    view.getUint16(one + header.IPV4_FRAGMENT) ===
      view.getUint16(other + header.IPV4_FRAGMENT) &&
    view.getUint8(one + header.IPV4_TIME_TO_LIVE) ===
      view.getUint8(other + header.IPV4_TIME_TO_LIVE);
}

/** Whether DF is set, which makes an IPv4 packet's identification mean nothing (RFC 6864). */
export function isDontFragment(view: DataView, at: number): boolean {
  return view.getUint16(at + header.IPV4_FRAGMENT) ===
    header.IPV4_DONT_FRAGMENT;
}

/** Traffic class and ECN, flow label and hop limit. */
export function sameIPv6(view: DataView, one: number, other: number): boolean {
  return view.getInt32(one) === view.getInt32(other) &&
    view.getUint8(one + header.IPV6_HOP_LIMIT) ===
      view.getUint8(other + header.IPV6_HOP_LIMIT);
}

/**
 * Acknowledgment, flags but PSH, window, and the options of a TCP header of
 * `bytes` bytes. The sequence number is the group's to judge.
 */
export function sameTCP(
  view: DataView,
  one: number,
  other: number,
  bytes: number,
): boolean {
  const words = view.getInt32(one + header.TCP_WORDS) ^
    view.getInt32(other + header.TCP_WORDS);
  return view.getInt32(one + header.TCP_ACKNOWLEDGMENT) ===
      view.getInt32(other + header.TCP_ACKNOWLEDGMENT) &&
    (words & ~PSH_IN_WORD) === 0 &&
    view.getUint16(one + header.TCP_URGENT) ===
      view.getUint16(other + header.TCP_URGENT) &&
    sameOptions(view, one, other, bytes);
}

function sameOptions(
  view: DataView,
  one: number,
  other: number,
  bytes: number,
): boolean {
  for (let place = header.TCP_HEADER; place < bytes; place += 4) {
    if (view.getInt32(one + place) !== view.getInt32(other + place)) {
      return false;
    }
  }
  return true;
}
