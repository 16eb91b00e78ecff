/**
 * A configuration file as a change of a device: what `up` sends to the daemon.
 *
 * @module
 */

import type {
  Config,
  DeviceChange,
  Endpoint,
  EndpointText,
  PeerChange,
  PeerConfig,
} from "./config.ts";

/**
 * The change that adds a file to a device, as `wg addconf` does: what the
 * file does not name stays, so that a key set by a PreUp hook survives.
 *
 * @param resolve where an endpoint is; a peer for which it knows none gets none
 */
export function toDeviceChange(
  config: Config,
  resolve: (endpoint: EndpointText) => Endpoint | undefined,
): DeviceChange {
  const { privateKey, listenPort, fwmark } = config.interface;
  return {
    ...privateKey && { privateKey },
    ...listenPort !== undefined && { listenPort },
    ...fwmark !== undefined && { fwmark },
    peers: config.peers.map((peer) => toPeerChange(peer, resolve)),
  };
}

function toPeerChange(
  peer: PeerConfig,
  resolve: (endpoint: EndpointText) => Endpoint | undefined,
): PeerChange {
  const { publicKey, presharedKey, persistentKeepaliveSeconds } = peer;
  const endpoint = peer.endpoint && resolve(peer.endpoint);
  return {
    publicKey,
    ...presharedKey && { presharedKey },
    ...endpoint && { endpoint },
    ...persistentKeepaliveSeconds !== undefined &&
      { persistentKeepaliveSeconds },
    replaceAllowedIps: true,
    allowedIps: peer.allowedIps.map((prefix) => ({ prefix })),
  };
}
