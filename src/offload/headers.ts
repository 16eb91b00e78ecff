/**
 * Where the fields lie that split and coalesce read and write: IPv4 (RFC 791),
 * IPv6 (RFC 8200), TCP (RFC 9293) and UDP (RFC 768). Places count from the
 * start of the header that they belong to.
 *
 * ```text
 * IPv4  0 version, words │ 1 service │ 2 length │ 4 identification │ 6 flags, fragment
 *       8 time to live │ 9 protocol │ 10 checksum │ 12 source │ 16 destination │ 20 options
 * IPv6  0 version, class, label │ 4 payload length │ 6 next header │ 7 hop limit
 *       8 source │ 24 destination │ 40 extension headers
 * TCP   0 ports │ 4 sequence │ 8 acknowledgment │ 12 words, flags │ 14 window
 *       16 checksum │ 18 urgent pointer │ 20 options
 * UDP   0 ports │ 4 length │ 6 checksum
 * ```
 *
 * @module
 */

export const IPV4_LENGTH = 2;
export const IPV4_IDENTIFICATION = 4;
export const IPV4_FRAGMENT = 6;
export const IPV4_TIME_TO_LIVE = 8;
export const IPV4_PROTOCOL = 9;
export const IPV4_CHECKSUM = 10;
export const IPV4_SOURCE = 12;
/** Bytes of an IPv4 header without options. */
export const IPV4_HEADER = 20;
/** Don't fragment, in the 16 bits at `IPV4_FRAGMENT`. */
export const IPV4_DONT_FRAGMENT = 0x4000;

export const IPV6_PAYLOAD_LENGTH = 4;
export const IPV6_NEXT_HEADER = 6;
export const IPV6_HOP_LIMIT = 7;
export const IPV6_SOURCE = 8;
/** Bytes of an IPv6 header without extension headers. */
export const IPV6_HEADER = 40;

export const TCP = 6;
export const TCP_SEQUENCE = 4;
export const TCP_ACKNOWLEDGMENT = 8;
/** A byte whose upper half is the length of the header in words of 4 bytes. */
export const TCP_WORDS = 12;
export const TCP_FLAGS = 13;
export const TCP_CHECKSUM = 16;
export const TCP_URGENT = 18;
/** Bytes of a TCP header without options. */
export const TCP_HEADER = 20;

export const FIN = 0x01;
export const PSH = 0x08;
export const ACK = 0x10;
export const CWR = 0x80;

export const UDP = 17;
export const UDP_LENGTH = 4;
export const UDP_CHECKSUM = 6;
export const UDP_HEADER = 8;
