/**
 * Tables as text: iptables -S, -L and iptables-save.
 *
 * @module
 */

import { formatAddress } from "../config/address.ts";
import { describe } from "./iptables_describe.ts";
import type { ChainState, ListedRule, TableState } from "./iptables_look.ts";
import { protocolName } from "./iptables_names.ts";
import type {
  Counters,
  Family,
  ListStyle,
  Negatable,
  Network,
  Rule,
} from "./iptables_rule.ts";
import { ruleWords, targetName } from "./iptables_text.ts";
import { maskLength } from "./iptables_values.ts";

const ADDRESS_WIDTH = 19;

/** `iptables -S`: the commands that make the chains and rules. */
export function listRules(
  chains: readonly ChainState[],
  state: TableState,
  { verbose }: ListStyle,
  number?: number,
): string {
  const { family } = state;
  const heads = number !== undefined ? [] : chains.map((chain) => {
    if (chain.builtIn === undefined) return `-N ${chain.name}`;
    const count = verbose ? ` -c ${spaced(chain.counters)}` : "";
    return `-P ${chain.name} ${chain.policy}${count}`;
  });
  const lines = chains.flatMap((chain) =>
    selected(chain, number).map(({ rule }) =>
      `-A ${chain.name}${ruleText(rule, family, verbose)}`
    )
  );
  return noteOf(state) +
    [...heads, ...lines].map((line) => `${line}\n`).join("");
}

/** A table as iptables-save writes it, from `*table` to `COMMIT`. */
export function saveTable(state: TableState, withCounters: boolean): string {
  const { name, family } = state;
  const chains = state.chains.filter(({ fits }) => fits);
  const heads = chains.map((chain) => {
    const { packets, bytes } = chain.counters;
    return `:${chain.name} ${chain.policy ?? "-"} [${packets}:${bytes}]`;
  });
  const lines = chains.flatMap((chain) =>
    chain.rules.map(({ rule }) => {
      const { packets, bytes } = rule.counters;
      const count = withCounters ? `[${packets}:${bytes}] ` : "";
      const comment = rule.foreign === undefined ? "" : "# ";
      return `${comment}${count}-A ${chain.name}${
        ruleText(rule, family, false)
      }`;
    })
  );
  return noteOf(state) +
    [`*${name}`, ...heads, ...lines, "COMMIT"].join("\n") + "\n";
}

/** `iptables -L`: a table for the eye. */
export function listChains(
  chains: readonly ChainState[],
  state: TableState,
  style: ListStyle,
  number?: number,
): string {
  const { family } = state;
  if (number !== undefined) {
    return chains.flatMap((chain) =>
      selected(chain, number).map((listed) =>
        row(listed.rule, number, family, style)
      )
    ).join("");
  }
  return noteOf(state) + chains.map((chain) => {
    const rows = chain.rules.map(({ rule }, i) =>
      row(rule, i + 1, family, style)
    );
    return title(chain, style) + header(style) + rows.join("");
  }).join("\n");
}

function noteOf({ name, others }: TableState): string {
  return others
    ? `# Table \`${name}' contains incompatible base-chains, use 'nft' tool to list them.\n`
    : "";
}

function selected(chain: ChainState, number?: number): readonly ListedRule[] {
  return number === undefined
    ? chain.rules
    : chain.rules.slice(number - 1, number);
}

/** Words behind `-A CHAIN`, counters before the target. */
function ruleText(rule: Rule, family: Family, verbose: boolean): string {
  const words = ruleWords(rule, family);
  if (verbose) {
    const end = words.findLastIndex((each) => each === "-j" || each === "-g");
    const at = end < 0 ? words.length : end;
    words.splice(at, 0, `-c ${spaced(rule.counters)}`);
  }
  if (rule.foreign !== undefined) {
    words.push(`[by another program: ${rule.foreign}]`);
  }
  return words.map((word) => ` ${word}`).join("");
}

function spaced({ packets, bytes }: Counters): string {
  return `${packets} ${bytes}`;
}

function title(chain: ChainState, style: ListStyle): string {
  if (chain.builtIn === undefined) {
    const references = (chain.chain?.use ?? 0) - chain.rules.length;
    return `Chain ${chain.name} (${references} references)\n`;
  }
  const { packets, bytes } = chain.counters;
  const count = style.verbose
    ? ` ${short(packets, style)} packets, ${short(bytes, style)} bytes`
    : "";
  return `Chain ${chain.name} (policy ${chain.policy}${count})\n`;
}

function header({ lineNumbers, verbose, exact }: ListStyle): string {
  const count = exact ? "    pkts      bytes " : " pkts bytes ";
  return [
    lineNumbers ? "num  " : "",
    verbose ? count : "",
    "target     prot opt ",
    verbose ? "in     out     " : "",
    `${"source".padEnd(ADDRESS_WIDTH)}  ${
      "destination".padEnd(ADDRESS_WIDTH)
    } \n`,
  ].join("");
}

function row(
  rule: Rule,
  number: number,
  family: Family,
  style: ListStyle,
): string {
  const { verbose, exact, lineNumbers } = style;
  const { packets, bytes } = rule.counters;
  const width = exact ? 8 : 5;
  const count = [packets, bytes].map((value) =>
    `${short(value, style).padStart(width)} `
  );
  return [
    lineNumbers ? `${number}`.padEnd(4) + " " : "",
    verbose ? count.join("") : "",
    targetName(rule, family).padEnd(9) + " ",
    protocolCell(rule, style),
    fragmentCell(rule),
    verbose ? ` ${interfaceCell(rule.input)}${interfaceCell(rule.output)}` : "",
    addressCell(rule.source, family, style),
    addressCell(rule.destination, family, style),
    rule.verdict?.kind === "goto" ? "[goto] " : "",
    ...describe(rule, family).map((text) => ` ${text}`),
  ].join("") + "\n";
}

function protocolCell({ protocol }: Rule, { numeric }: ListStyle): string {
  const number = protocol?.value ?? 0;
  const name = numeric ? `${number}` : protocolName(number);
  return `${protocol?.inverted ? "!" : " "}${name.padEnd(4)} `;
}

function fragmentCell({ fragment }: Rule): string {
  if (fragment === undefined) return "-- ";
  return fragment.inverted ? "!f " : "-f ";
}

function interfaceCell(given: Negatable<string> | undefined): string {
  const name = given === undefined
    ? "*"
    : `${given.inverted ? "!" : ""}${given.value}`;
  return `${name.padEnd(6)} `;
}

function addressCell(
  given: Negatable<Network> | undefined,
  family: Family,
  { numeric }: ListStyle,
): string {
  const everywhere = numeric ? family === 4 ? "0.0.0.0/0" : "::/0" : "anywhere";
  const text = given === undefined ? everywhere : networkText(given.value);
  const not = given?.inverted ? "!" : " ";
  return `${not}${text.padEnd(ADDRESS_WIDTH)} `;
}

function networkText({ address, mask }: Network): string {
  const length = maskLength(mask);
  if (length === mask.length * 8) return formatAddress(address);
  return `${formatAddress(address)}/${length ?? formatAddress(mask)}`;
}

/** `12345` as `12345`, `1234567` as `1235K`, unless exact. */
function short(value: bigint, { exact }: ListStyle): string {
  if (exact || value <= 99_999n) return `${value}`;
  let [scaled, unit] = [(value + 500n) / 1000n, "K"];
  for (const next of ["M", "G", "T"]) {
    if (scaled <= 9_999n) break;
    [scaled, unit] = [(scaled + 500n) / 1000n, next];
  }
  return `${scaled}${unit}`;
}
