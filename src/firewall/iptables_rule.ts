/**
 * A rule of iptables as data, and what is asked of a table.
 *
 * ```text
 * [!] -s, -d NETWORK   [!] -i, -o NAME   [!] -p PROTOCOL   the packet's own
 * -m NAME …            matches, in their order              Part
 * -j NAME …            ACCEPT, a chain, or a target          Verdict | Part
 * ```
 *
 * Options of a match or target are kept as the struct that the kernel's xt
 * module takes, as iptables keeps them: its bytes are what is compared, and
 * iptables_extension.ts reads them.
 *
 * Nothing here calls the kernel.
 *
 * @module
 */

/** iptables or ip6tables. */
export type Family = 4 | 6;

/** A value, or anything but it. */
export interface Negatable<T> {
  readonly value: T;
  readonly inverted: boolean;
}

/** An address and its mask, 4 or 16 bytes each; the mask may have gaps. */
export interface Network {
  readonly address: Uint8Array;
  readonly mask: Uint8Array;
}

/** A match or target with its options. */
export interface Part {
  /** The kernel's name of it, such as "conntrack". */
  readonly name: string;
  readonly revision: number;
  /** The struct of the kernel's xt module, padded to 8 bytes. */
  readonly info: Uint8Array;
}

/** What ends a rule without a target's module. */
export type Verdict =
  | { readonly kind: "accept" | "drop" | "return" }
  | { readonly kind: "jump" | "goto"; readonly chain: string };

/** Packets and bytes that a rule has seen. */
export interface Counters {
  readonly packets: bigint;
  readonly bytes: bigint;
}

/** One rule, without its chain. */
export interface Rule {
  source?: Negatable<Network>;
  destination?: Negatable<Network>;
  /** An interface's name; with a "+" at its end, all that begin so. */
  input?: Negatable<string>;
  output?: Negatable<string>;
  /** 1 to 255. */
  protocol?: Negatable<number>;
  /** -f: second and further fragments of IPv4. */
  fragment?: Negatable<true>;
  matches: Part[];
  verdict?: Verdict;
  target?: Part;
  counters: Counters;
  /** A note that another program put beside the rule, such as `caktus wg0`. */
  note?: string;
  /** Expressions that iptables does not write: the rule is another program's. */
  foreign?: string;
}

/** What is done with a chain, or with all chains of a table. */
export type Command =
  | { readonly kind: "append" | "check" | "delete"; readonly chain: string }
  | {
    readonly kind: "insert" | "replace" | "delete number";
    readonly chain: string;
    /** Counted from 1. */
    readonly number: number;
  }
  | { readonly kind: "new chain"; readonly chain: string }
  | {
    readonly kind: "rename chain";
    readonly chain: string;
    readonly to: string;
  }
  | {
    readonly kind: "policy";
    readonly chain: string;
    readonly policy: "ACCEPT" | "DROP";
  }
  | {
    readonly kind: "flush" | "delete chain" | "zero" | "list" | "list rules";
    /** Undefined for all. */
    readonly chain?: string;
    readonly number?: number;
  };

/** How a listing looks. */
export interface ListStyle {
  readonly numeric: boolean;
  readonly verbose: boolean;
  readonly exact: boolean;
  readonly lineNumbers: boolean;
}

/** A whole command line. */
export interface Invocation {
  readonly family: Family;
  readonly table: string;
  readonly command: Command;
  /** One for each pair of source and destination that was named; empty where the command takes none. */
  readonly rules: readonly Rule[];
  readonly style: ListStyle;
  /** `-L -Z`: zeroed after it is listed. */
  readonly zeroAfter: boolean;
}

/** Why a command line is not done; the message is without the program's name. */
export class IptablesError extends Error {
  override name = "IptablesError";

  /** @param status 1 the table does not allow it, 2 the words are wrong, 4 the kernel refuses */
  constructor(message: string, readonly status = 2) {
    super(message);
  }
}

/** What the machine knows by name; undefined where it does not. */
export interface Lookups {
  /** Port of a service (services(5)). */
  service(name: string): number | undefined;
  /** Number of a protocol (protocols(5)). */
  protocol(name: string): number | undefined;
  user(name: string): number | undefined;
  group(name: string): number | undefined;
  /** Addresses of a host, 4 or 16 bytes each. */
  host(name: string, family: Family): readonly Uint8Array[];
}

/** A rule that matches everything and does nothing. */
export function emptyRule(): Rule {
  return { matches: [], counters: { packets: 0n, bytes: 0n } };
}
