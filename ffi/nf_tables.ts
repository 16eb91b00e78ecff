/**
 * The kernel's packet filter by netlink (nf_tables), without `nft` or
 * `iptables`: changes in transactions, and what is there.
 *
 * ```text
 * transact([addTable …, addChain …, addRule …])
 *   ─▶ BATCH_BEGIN · command · … · last command, ACK · BATCH_END      one datagram
 *   ◀─ NLMSG_ERROR of each command that is refused: nothing is done    SystemError
 *   ◀─ NLMSG_ERROR 0 of the last one: all is done
 * ```
 *
 * A kernel without it fails with what {@linkcode lacksNfTables} knows.
 *
 * @module
 */

import { EINVAL, EOPNOTSUPP } from "./errno.ts";
import { textOf } from "./memory.ts";
import { Netlink, NETLINK_NETFILTER } from "./netlink.ts";
import { attribute, decodeAttributes, NLM_F_ACK } from "./netlink_message.ts";
import { viewOf } from "./netlink_message.ts";
import {
  bigU32,
  bigU32Of,
  bigU64Of,
  nameAttribute,
} from "./nf_tables_bytes.ts";
import {
  type BaseChain,
  CHAIN,
  type Chain,
  CHAIN_HOOK,
  type Command,
  COUNTERS,
  type Family,
  familyOf,
  head,
  NFT,
  POLICIES,
  RULE,
  type Rule,
  TABLE,
  type Table,
} from "./nf_tables_command.ts";
import { decodeExpressions } from "./nf_tables_expression.ts";
import { SystemError } from "./system_error.ts";

export * from "./nf_tables_build.ts";
export * from "./nf_tables_user_data.ts";
export {
  addChain,
  addRule,
  addTable,
  deleteChain,
  deleteRule,
  deleteTable,
  flushChain,
  renameChain,
  replaceRule,
} from "./nf_tables_command.ts";
export { sameExpressions } from "./nf_tables_expression.ts";
export type {
  BaseChain,
  Chain,
  ChainSpec,
  Command,
  Family,
  Position,
  Rule,
  RuleSpec,
  Table,
} from "./nf_tables_command.ts";
export type { Expression, ExpressionOf, Verdict } from "./nf_tables_schema.ts";

const BATCH_BEGIN = 0x10;
const BATCH_END = 0x11;
const GETTABLE = NFT | 1;
const GETCHAIN = NFT | 4;
const GETRULE = NFT | 7;
const GETGENERATION = NFT | 16;
/** struct nfgenmsg. */
const HEAD_LENGTH = 4;
const SUBSYSTEM = NFT >> 8;
const BATCH_GENERATION = 1;
const GENERATION_ID = 1;
const EPROTONOSUPPORT = 93;

let socket: Netlink | undefined;

function netfilter(): Netlink {
  return socket ??= new Netlink(NETLINK_NETFILTER);
}

/**
 * Makes all commands or none.
 *
 * @param generation of the rules that the commands were made for, if it matters
 * @throws {SystemError} of the first command that is refused, with the kernel's own
 * sentence; ERESTART if the rules have changed since that generation
 */
export function transact(
  commands: readonly Command[],
  generation?: number,
): void {
  const last = commands.at(-1);
  if (last === undefined) return;
  const expected = generation === undefined
    ? []
    : [attribute(BATCH_GENERATION, bigU32(generation))];
  netfilter().changeAll([
    batchEdge("BEGIN", BATCH_BEGIN, expected),
    ...commands.slice(0, -1),
    { ...last, flags: last.flags | NLM_F_ACK },
    batchEdge("END", BATCH_END, []),
  ]);
}

/** How often the rules of this network namespace have changed, modulo 2^32. @throws {SystemError} */
export function generation(): number {
  const call = "NFT_MSG_GETGEN";
  const body = netfilter().get(call, GETGENERATION, head(undefined));
  const id = decodeAttributes(body.subarray(HEAD_LENGTH)).get(GENERATION_ID);
  return bigU32Of(id) ?? 0;
}

/** The tables of a family, or all. @throws {SystemError} */
export function tables(family?: Family): Table[] {
  return dump("NFT_MSG_GETTABLE", GETTABLE, family, [], (own, found) => ({
    family: own,
    name: textAt(found, TABLE.name),
    handle: bigU64Of(found.get(TABLE.handle)) ?? 0n,
    flags: bigU32Of(found.get(TABLE.flags)) ?? 0,
    use: bigU32Of(found.get(TABLE.use)) ?? 0,
    ...userDataAt(found, TABLE.userData),
  }));
}

/** The chains of a family, or all, in the order in which they were made; those of `table` if it is given. @throws {SystemError} */
export function chains(family?: Family, table?: string): Chain[] {
  return dump("NFT_MSG_GETCHAIN", GETCHAIN, family, [], decodeChain)
    .filter((chain) => table === undefined || chain.table === table);
}

/**
 * The rules of a family, or all, in their order; those of a table or of a chain if it is given.
 * A table or chain that is not there has none.
 *
 * @throws {SystemError}
 */
export function rules(
  family?: Family,
  table?: string,
  chain?: string,
): Rule[] {
  const wanted = [
    ...(table === undefined ? [] : [nameAttribute(RULE.table, table)]),
    ...(chain === undefined ? [] : [nameAttribute(RULE.chain, chain)]),
  ];
  // Kernels before 4.15 do not choose, so that is done here as well.
  return dump("NFT_MSG_GETRULE", GETRULE, family, wanted, decodeRule)
    .filter((rule) => table === undefined || rule.table === table)
    .filter((rule) => chain === undefined || rule.chain === chain);
}

/** Whether an error says that the kernel has no nf_tables at all. */
export function lacksNfTables(error: unknown): boolean {
  if (!(error instanceof SystemError)) return false;
  const { call, errno } = error;
  if (call === "socket") return errno === EPROTONOSUPPORT;
  if (call.startsWith("NFNL_MSG_BATCH")) return errno === EOPNOTSUPP;
  return call.startsWith("NFT_MSG_GET") && errno === EINVAL;
}

function batchEdge(
  name: string,
  type: number,
  attributes: readonly Uint8Array[],
): Command {
  const parts = [head(undefined, SUBSYSTEM), ...attributes];
  return { call: `NFNL_MSG_BATCH_${name}`, type, flags: 0, parts };
}

type Attributes = ReadonlyMap<number, Uint8Array>;

/** A dump, without what belongs to families that have no name here. */
function dump<T>(
  call: string,
  type: number,
  family: Family | undefined,
  wanted: readonly Uint8Array[],
  decode: (family: Family, found: Attributes) => T,
): T[] {
  const answers = netfilter().dump(call, type, head(family), ...wanted);
  return answers.flatMap((body) => {
    const own = familyOf(body);
    if (own === undefined || (family !== undefined && own !== family)) {
      return [];
    }
    return [decode(own, decodeAttributes(body.subarray(HEAD_LENGTH)))];
  });
}

function decodeChain(family: Family, found: Attributes): Chain {
  const base = decodeBase(found);
  const counters = found.get(CHAIN.counters);
  return {
    family,
    table: textAt(found, CHAIN.table),
    name: textAt(found, CHAIN.name),
    handle: bigU64Of(found.get(CHAIN.handle)) ?? 0n,
    use: bigU32Of(found.get(CHAIN.use)) ?? 0,
    ...(base === undefined ? {} : { base }),
    ...(counters === undefined ? {} : { counters: decodeCounters(counters) }),
    ...userDataAt(found, CHAIN.userData),
  };
}

function decodeBase(found: Attributes): BaseChain | undefined {
  const hook = found.get(CHAIN.hook);
  if (hook === undefined) return undefined;
  const place = decodeAttributes(hook);
  const priority = place.get(CHAIN_HOOK.priority);
  const device = place.get(CHAIN_HOOK.device);
  return {
    type: textAt(found, CHAIN.type),
    hook: bigU32Of(place.get(CHAIN_HOOK.number)) ?? 0,
    priority: priority === undefined ? 0 : viewOf(priority).getInt32(0),
    policy: POLICIES[bigU32Of(found.get(CHAIN.policy)) ?? 1] ?? "accept",
    ...(device === undefined ? {} : { device: textOf(device) }),
  };
}

function decodeCounters(payload: Uint8Array) {
  const found = decodeAttributes(payload);
  return {
    packets: bigU64Of(found.get(COUNTERS.packets)) ?? 0n,
    bytes: bigU64Of(found.get(COUNTERS.bytes)) ?? 0n,
  };
}

function decodeRule(family: Family, found: Attributes): Rule {
  const expressions = found.get(RULE.expressions) ?? new Uint8Array();
  return {
    family,
    table: textAt(found, RULE.table),
    chain: textAt(found, RULE.chain),
    handle: bigU64Of(found.get(RULE.handle)) ?? 0n,
    expressions: decodeExpressions(expressions),
    ...userDataAt(found, RULE.userData),
  };
}

function userDataAt(
  found: Attributes,
  type: number,
): { userData?: Uint8Array } {
  const userData = found.get(type);
  return userData === undefined ? {} : { userData };
}

function textAt(found: Attributes, type: number): string {
  return textOf(found.get(type) ?? new Uint8Array());
}
