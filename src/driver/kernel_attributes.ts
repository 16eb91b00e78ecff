/**
 * The attributes by which Linux's own WireGuard is read and changed over
 * generic netlink: family "wireguard", version 1 (linux/wireguard.h).
 *
 * ```text
 * device   IFNAME, PRIVATE_KEY, PUBLIC_KEY, FLAGS, LISTEN_PORT u16, FWMARK u32,
 *          PEERS
 *   peer     PUBLIC_KEY, PRESHARED_KEY, FLAGS, ENDPOINT sockaddr,
 *            PERSISTENT_KEEPALIVE u16, LAST_HANDSHAKE 2 × i64, RX_BYTES u64,
 *            TX_BYTES u64, ALLOWEDIPS
 *     prefix   FAMILY u16, IPADDR 4 or 16 bytes, CIDR_MASK u8, FLAGS
 * ```
 *
 * PEERS and ALLOWEDIPS are lists: attributes of type 0, one for each element.
 * Flags are u32, keys 32 bytes, and a key of zeros stands for none.
 *
 * @module
 */

export const FAMILY_NAME = "wireguard";
export const FAMILY_VERSION = 1;

export const WG_CMD_GET_DEVICE = 0;
export const WG_CMD_SET_DEVICE = 1;

/** enum wgdevice_attribute. */
export const DEVICE = {
  name: 2,
  privateKey: 3,
  publicKey: 4,
  flags: 5,
  listenPort: 6,
  fwmark: 7,
  peers: 8,
} as const;
export const DEVICE_REPLACE_PEERS = 1;

/** enum wgpeer_attribute. */
export const PEER = {
  publicKey: 1,
  presharedKey: 2,
  flags: 3,
  endpoint: 4,
  persistentKeepalive: 5,
  lastHandshake: 6,
  receivedBytes: 7,
  sentBytes: 8,
  allowedIps: 9,
} as const;
export const PEER_REMOVE = 1;
export const PEER_REPLACE_ALLOWED_IPS = 2;
export const PEER_UPDATE_ONLY = 4;

/** enum wgallowedip_attribute; `flags` only since Linux 6.16. */
export const ALLOWED_IP = {
  family: 1,
  address: 2,
  length: 3,
  flags: 4,
} as const;
export const ALLOWED_IP_REMOVE = 1;

/** Type of the elements of PEERS and ALLOWEDIPS. */
export const ELEMENT = 0;
