/**
 * What `up` does to the machine, as a list of changes.
 *
 * ```text
 * planOpening   interface, PreUp
 *                    then the facts are looked up: a PreUp hook may have changed them
 * planRest      configuration, addresses, MTU and up, routes and rules, PostUp
 * ```
 *
 * Nothing here asks the kernel or changes it.
 *
 * @module
 */

import { formatAddress } from "../config/address.ts";
import type { Config, InterfaceAddress, Prefix } from "../config/config.ts";
import { type Change, hookChanges } from "./change.ts";
import { Failure } from "./failure.ts";
import {
  type EndpointPath,
  LEAST_IPV6_MTU,
  mtuWarnings,
  tunnelMtu,
} from "./mtu.ts";
import type { RoutingFacts } from "./diversion.ts";
import { planAddresses, planRoutes, unique } from "./routes.ts";

/** What the plan needs to know of the machine. */
export interface Facts {
  /** One for each peer that has an endpoint. */
  readonly paths: readonly EndpointPath[];
  /** MTU of the default route. */
  readonly defaultMtu: number | undefined;
  /** Whether the interface may have IPv6 addresses; a sysctl can forbid it. */
  readonly ipv6: boolean;
  /** Interfaces that have an address, by its text without length. */
  readonly owners: ReadonlyMap<string, string>;
  readonly routing: RoutingFacts;
}

/** Changes in order, and what the user should know besides. */
export interface Plan {
  readonly changes: Change[];
  readonly warnings: string[];
}

/** The changes that come before the facts are known. */
export function planOpening(config: Config, name: string): Change[] {
  return [
    { kind: "interface" },
    ...hookChanges("PreUp", config.interface.preUp, name),
  ];
}

/**
 * The changes that turn a bare interface into the tunnel.
 *
 * @throws Failure where the machine and the file cannot both be served
 */
export function planRest(config: Config, name: string, facts: Facts): Plan {
  const warnings: string[] = [];
  const addresses = unique(config.interface.addresses);
  const prefixes = unique(config.peers.flatMap((peer) => peer.allowedIps));
  const usable = ({ address }: Prefix) => facts.ipv6 || address.length === 4;
  if (![...addresses, ...prefixes].every(usable)) {
    warnings.push(
      `IPv6 is switched off on this machine (sysctl net.ipv6.conf.all.disable_ipv6): ${name} comes up with IPv4 only`,
    );
  }
  const kept = addresses.filter(usable);
  checkOwners(kept, facts.owners);
  const mtu = chooseMtu(config, facts, kept, warnings);
  const ground = {
    addresses: kept,
    endpoints: facts.paths.map(({ address }) => address),
    facts: facts.routing,
  };
  const changes: Change[] = [
    { kind: "configuration" },
    ...planAddresses(config, ground),
    { kind: "link", mtu },
    ...planRoutes(config, prefixes.filter(usable), ground),
    ...hookChanges("PostUp", config.interface.postUp, name),
  ];
  return { changes, warnings };
}

function chooseMtu(
  config: Config,
  facts: Facts,
  addresses: readonly InterfaceAddress[],
  warnings: string[],
): number {
  // A small MTU next to an IPv6 address is refused when the file is read.
  if (config.interface.mtu !== undefined) return config.interface.mtu;
  warnings.push(...mtuWarnings(facts.paths));
  const mtu = tunnelMtu(facts.paths, facts.defaultMtu);
  const six = addresses.some(({ address }) => address.length === 16);
  if (mtu >= LEAST_IPV6_MTU || !six) return mtu;
  warnings.push(
    `the way to the peer leaves ${mtu} bytes a packet, but IPv6 needs ${LEAST_IPV6_MTU}: MTU is ${LEAST_IPV6_MTU}, and large packets travel in fragments`,
  );
  return LEAST_IPV6_MTU;
}

function checkOwners(
  addresses: readonly InterfaceAddress[],
  owners: ReadonlyMap<string, string>,
): void {
  for (const { address } of addresses) {
    const text = formatAddress(address);
    const owner = owners.get(text);
    if (owner === undefined) continue;
    throw new Failure(`address ${text} is in use: ${owner} has it`, {
      hint:
        `choose another Address, or take it away there: ip address del ${text} dev ${owner}`,
    });
  }
}
