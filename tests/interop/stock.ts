/**
 * What a user of the stock tools does once an interface is there: `wg setconf`, addresses, MTU, link up, routes.
 *
 * @module
 */

import type { Settings } from "./settings.ts";
import { setconfText } from "./settings.ts";

/** A shell script that configures the interface; it reads nothing from stdin and stops at the first failure. */
export function configureScript(name: string, settings: Settings): string {
  return [
    `wg setconf ${name} /dev/fd/3 3<<'END'\n${setconfText(settings)}END`,
    ...settings.addresses.map((address) =>
      `ip address add ${address} dev ${name}${nodad(address)}`
    ),
    `ip link set ${name} mtu ${settings.mtu ?? 1420} up`,
    ...routes(settings).map((prefix) =>
      `ip route replace ${prefix} dev ${name}`
    ),
  ].join("\n");
}

/** Allowed IPs that no address of the interface covers already by its very text. */
function routes(settings: Settings): string[] {
  return [...new Set(settings.peers.flatMap((peer) => peer.allowedIps))].filter(
    (prefix) => !prefix.endsWith("/0"),
  );
}

function nodad(address: string): string {
  return address.includes(":") ? " nodad" : "";
}
