/**
 * What is known of a running interface when its file is saved.
 *
 * @module
 */

import type { DeviceStatus, InterfaceAddress } from "./config.ts";
import type { ScopeName, ScopeOf } from "./endpoint.ts";
import type { ParseOptions } from "./wg_conf.ts";

/** What an interface is, as far as a file can say it. */
export interface LiveState {
  readonly device: DeviceStatus;
  readonly addresses: readonly InterfaceAddress[];
  readonly mtu: number;
  /** Whether it can have IPv6 addresses; where it cannot, those of the file stay. */
  readonly ipv6: boolean;
  /** Resolvers that were set for it; undefined where nobody knows, and the file's stay. */
  readonly servers?: readonly string[];
  /** The mark that `up` chose by itself, which need not stand in the file. */
  readonly chosenMark?: number;
}

/** What the text alone does not tell. */
export interface SaveOptions extends ParseOptions {
  readonly scopeOf?: ScopeOf;
  readonly scopeName?: ScopeName;
}
