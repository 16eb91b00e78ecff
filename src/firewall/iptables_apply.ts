/**
 * A command of iptables, done: look, plan, and hand the kernel one transaction.
 *
 * ```text
 * generation ─▶ look ─▶ plan ─▶ transact(steps, generation)
 *                 ▲                │ the rules have changed meanwhile
 *                 └────────────────┘
 * ```
 *
 * So nothing is lost between two that change the same table at once, and there is
 * no lock to wait for (`-w`).
 *
 * @module
 */

import { EPERM } from "../../ffi/errno.ts";
import { generation, lacksNfTables, transact } from "../../ffi/nf_tables.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { listChains, listRules } from "./iptables_list.ts";
import { lookAt, type TableState } from "./iptables_look.ts";
import { chainsOf, planSteps } from "./iptables_plan.ts";
import { type Invocation, IptablesError } from "./iptables_rule.ts";

const ERESTART = 85;
const ENOENT = 2;
const EACCES = 13;
const EMLINK = 31;
const ELOOP = 40;
const EBUSY = 16;
const EOPNOTSUPP = 95;
const ATTEMPTS = 20;

/**
 * Does what is asked.
 *
 * @returns what is to be printed
 * @throws IptablesError with nothing changed
 */
export function apply(invocation: Invocation): string {
  try {
    return attempt(invocation);
  } catch (error) {
    throw error instanceof SystemError ? explain(error, invocation) : error;
  }
}

function attempt(invocation: Invocation): string {
  for (let i = 1;; i++) {
    const before = generation();
    const state = lookAt(invocation.family, invocation.table);
    const steps = planSteps(invocation, state);
    const text = list(invocation, state);
    try {
      transact(steps, before);
      return text;
    } catch (error) {
      const changed = error instanceof SystemError && error.errno === ERESTART;
      if (!changed || i === ATTEMPTS) throw error;
    }
  }
}

function list({ command, style }: Invocation, state: TableState): string {
  switch (command.kind) {
    case "list":
      return listChains(
        chainsOf(state, command.chain),
        state,
        style,
        command.number,
      );
    case "list rules":
      return listRules(
        chainsOf(state, command.chain),
        state,
        style,
        command.number,
      );
    default:
      return "";
  }
}

/** The kernel's refusal in words. */
function explain(error: SystemError, invocation: Invocation): IptablesError {
  if (lacksNfTables(error)) {
    return new IptablesError(
      "this kernel has no nf_tables: load it (modprobe nf_tables)",
      3,
    );
  }
  return new IptablesError(reason(error, invocation), 4);
}

function reason(error: SystemError, { table, command }: Invocation): string {
  const place = "chain" in command && command.chain !== undefined
    ? `chain ${command.chain} of table ${table}`
    : `table ${table}`;
  switch (error.errno) {
    case EPERM:
    case EACCES:
      return "Permission denied (you must be root)";
    case EMLINK:
    case ELOOP:
      return `${place}: the rules would lead in a circle`;
    case EBUSY:
      return `${place}: it is in use (Device or resource busy)`;
    case ENOENT:
    case EOPNOTSUPP:
      return `${place}: the kernel lacks a match or target of this rule (modprobe nft_compat xt_…): ${error.message}`;
    default:
      return `${place}: the kernel refuses: ${error.message}`;
  }
}
