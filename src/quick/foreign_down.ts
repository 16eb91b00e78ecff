/**
 * `down` of an interface that the script wg-quick(8) brought up: nothing was
 * written down, so the file says what there is to undo, as it does there.
 *
 * ```text
 * PreDown ─▶ SaveConfig ─▶ rules of a full tunnel ─▶ the interface ─▶ DNS ─▶ firewall ─▶ PostDown
 * ```
 *
 * Unlike there a step that fails keeps none of the others from being made, and
 * the rules that tunnels share go with the last of them.
 *
 * @module
 */

import { deleteLink, linkByName } from "../../ffi/link.ts";
import { deleteRule, type Rule, rules } from "../../ffi/rule.ts";
import type { Config, DeviceStatus } from "../config/config.ts";
import { MAIN_TABLE } from "../config/route_table.ts";
import { removeTunnelRules } from "../firewall/tunnel_firewall.ts";
import { hookChanges, type HookTime } from "./change.ts";
import { resolvconfRecord, runProgram } from "./dns_programs.ts";
import { Failure, messageOf } from "./failure.ts";
import { hookPlace, type UndoContext } from "./undo.ts";

/** An interface and what its file says. */
export interface ForeignRequest {
  readonly name: string;
  readonly file: string;
  readonly config: Config;
  readonly device: DeviceStatus;
  /** Writes what it is by then into the file. */
  save(): Promise<void>;
}

/**
 * Takes the interface down.
 *
 * @throws Failure after all is done, with what failed
 */
export async function foreignDown(
  request: ForeignRequest,
  context: UndoContext,
): Promise<void> {
  const { name, config } = request;
  const { report } = context;
  const failures: string[] = [];
  const step = async (work: () => void | Promise<void>) => {
    try {
      await work();
    } catch (error) {
      failures.push(messageOf(error));
    }
  };
  await runHooks("PreDown", request, context, step);
  if (config.interface.saveConfig) {
    report.step(`wg showconf ${name}`);
    await step(() => request.save());
  }
  await step(() => removeRules(request, context));
  await step(() => {
    report.step(`ip link delete dev ${name}`);
    const index = linkByName(name)?.index;
    if (index !== undefined) deleteLink(index);
  });
  await step(() => unsetServers(request, context));
  await step(() => {
    if (removeTunnelRules(name)) report.step("nft -f /dev/fd/63");
  });
  await runHooks("PostDown", request, context, step);
  if (failures.length === 0) return;
  throw new Failure(`${name} is down, but not all went well`, {
    hint: failures.join("\n"),
  });
}

async function runHooks(
  time: HookTime & ("PreDown" | "PostDown"),
  { name, file, config }: ForeignRequest,
  { machine, report, interrupts }: UndoContext,
  step: (work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const { preDown, postDown } = config.interface;
  const hooks = time === "PreDown" ? preDown : postDown;
  for (const hook of hookChanges(time, hooks, name)) {
    report.step(hook.command);
    await step(async () => {
      try {
        await machine.runHook(hook.command, name, interrupts.renew());
      } catch (error) {
        throw new Error(`${hookPlace(hook, file)}: ${messageOf(error)}`);
      }
    });
  }
}

/** Only a full tunnel has rules, and its table is called as its mark. */
function removeRules(
  { config, device }: ForeignRequest,
  { report }: UndoContext,
): void {
  const { fwmark, peers } = device;
  const isFull = peers.some(({ allowedIps }) =>
    allowedIps.some(({ length }) => length === 0)
  );
  if (config.interface.table !== undefined || fwmark === 0 || !isFull) return;
  for (const family of [4, 6] as const) {
    const all = rules(family);
    const [own, others] = [
      all.filter(({ table }) => table === fwmark),
      all.filter(({ table }) => table !== fwmark),
    ];
    const shared = others.some(({ invert, mark }) => invert && mark)
      ? []
      : others.filter(isSuppressing);
    for (const rule of [...own, ...shared]) {
      report.step(`ip -${family} rule delete ${wordsOf(rule)}`);
      deleteRule(rule);
    }
  }
}

function isSuppressing({ table, suppressPrefixLength }: Rule): boolean {
  return table === MAIN_TABLE && suppressPrefixLength === 0;
}

function wordsOf({ table, suppressPrefixLength }: Rule): string {
  return suppressPrefixLength === undefined
    ? `table ${table}`
    : `table main suppress_prefixlength ${suppressPrefixLength}`;
}

async function unsetServers(
  { name, config }: ForeignRequest,
  { report }: UndoContext,
): Promise<void> {
  const record = config.interface.dns && resolvconfRecord(name);
  if (record === undefined) return;
  const command = ["resolvconf", "-d", record, "-f"];
  report.step(command.join(" "));
  await runProgram(command, "");
}
