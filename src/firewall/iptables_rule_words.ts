/**
 * The rule on a command line of iptables: what a packet must be, and its target.
 *
 * ```text
 * [!] -s -d -i -o -p   -f   -c        the rule's own
 * -m NAME [!] --option VALUE …        options belong to the match that was named last and has them,
 * -j NAME --option VALUE …            or to the target; -p tcp, udp, icmp bring their match along
 * ```
 *
 * Nothing here calls the kernel.
 *
 * @module
 */

import type { Extension, Option } from "./iptables_extension.ts";
import { matchNamed, protocolMatch, targetNamed } from "./iptables_modules.ts";
import { protocolNumber } from "./iptables_names.ts";
import {
  completeName,
  CORE_NAMES,
  notUnderstood,
  type WordStream,
} from "./iptables_options.ts";
import {
  emptyRule,
  type Family,
  IptablesError,
  type Lookups,
  type Negatable,
  type Network,
  type Part,
  type Rule,
} from "./iptables_rule.ts";
import { checkChainName, checkInterfaces } from "./iptables_tables.ts";
import {
  completeIPv4,
  isHostName,
  masked,
  needAddress,
  parseMask,
} from "./iptables_values.ts";

/** A match or target whose options are collected. */
export interface Loaded {
  readonly extension: Extension;
  readonly options: Option[];
}

const VERDICTS = { ACCEPT: "accept", DROP: "drop", RETURN: "return" } as const;
const INTERFACE_LENGTH = 15;
/** What a rule has once. */
const ONCE = "psdio";

/** A rule on its way. */
export class RuleWords {
  /** Whether any word of a rule has come. */
  begun = false;
  readonly #words: WordStream;
  readonly #family: Family;
  readonly #lookups: Lookups;
  readonly #rule: Rule = emptyRule();
  #sources: Negatable<Network>[] = [];
  #destinations: Negatable<Network>[] = [];
  readonly #matches: Loaded[] = [];
  #target: Loaded | undefined;
  readonly #seen = new Set<string>();

  constructor(words: WordStream, family: Family, lookups: Lookups) {
    this.#words = words;
    this.#family = family;
    this.#lookups = lookups;
  }

  /** Whose option it is: of a match or target that is loaded, or of the core. */
  resolve(given: string): [name: string, owner?: Loaded] {
    const loaded = [this.#target, ...this.#matches.toReversed()].filter(
      (each) => each !== undefined,
    );
    const ofLoaded = (name: string) =>
      loaded.find(({ extension }) => name in extension.options);
    const names = [
      ...CORE_NAMES,
      ...loaded.flatMap(({ extension }) => Object.keys(extension.options)),
    ];
    const name = completeName(given, names);
    if (name !== undefined) {
      const owner = ofLoaded(name);
      return owner === undefined ? [name] : [name, owner];
    }
    return this.#ofProtocol(given);
  }

  /** `-p tcp --dport 80` loads the match tcp by itself. */
  #ofProtocol(given: string): [name: string, owner: Loaded] {
    const extension = protocolMatch(this.#protocol(), this.#family);
    const names = Object.keys(extension?.options ?? {});
    const name = completeName(given, names);
    const isThere = this.#matches.some((each) => each.extension === extension);
    if (extension === undefined || name === undefined || isThere) {
      throw notUnderstood(`--${given}`);
    }
    return [name, this.#load(extension)];
  }

  #load(extension: Extension): Loaded {
    const loaded = { extension, options: [] };
    this.#matches.push(loaded);
    return loaded;
  }

  option(
    owner: Loaded,
    name: string,
    attached: string | undefined,
    inverted: boolean,
  ): void {
    const count = owner.extension.options[name]!;
    const values = attached === undefined || count === 0 ? [] : [attached];
    while (values.length < count) values.push(this.#words.need(`--${name}`));
    const twice = owner.options.some((option) => option.name === name);
    if (twice) throw new IptablesError(`option "--${name}" is given twice`);
    owner.options.push({ name, values, inverted });
  }

  /** Takes one of the rule's own options. */
  set(letter: string, value: string, inverted: boolean): void {
    this.begun = true;
    if (ONCE.includes(letter) && this.#seen.has(letter)) {
      throw new IptablesError(`multiple -${letter} flags not allowed`);
    }
    this.#seen.add(letter);
    const rule = this.#rule;
    switch (letter) {
      case "p":
        return this.#setProtocol(value, inverted);
      case "s":
        this.#sources = this.#networks(value, inverted);
        return;
      case "d":
        this.#destinations = this.#networks(value, inverted);
        return;
      case "i":
        return this.#setInterface("input", value, inverted);
      case "o":
        return this.#setInterface("output", value, inverted);
      case "f":
        if (this.#family === 6) throw notUnderstood("-f");
        rule.fragment = { value: true, inverted };
        return;
      case "m":
        this.#load(matchNamed(value, this.#family));
        return;
      case "j":
      case "g":
        return this.#setTarget(value, letter === "g");
      case "c":
        return this.#setCounters(value);
      default:
        throw notUnderstood(`-${letter}`);
    }
  }

  #setInterface(
    side: "input" | "output",
    name: string,
    inverted: boolean,
  ): void {
    const found = interfaceOf(name, inverted);
    if (found !== undefined) this.#rule[side] = found;
  }

  #setProtocol(value: string, inverted: boolean): void {
    const number = protocolNumber(value, this.#lookups);
    if (number === 0 && inverted) {
      throw new IptablesError("rule would never match protocol");
    }
    if (number !== 0) this.#rule.protocol = { value: number, inverted };
  }

  #setTarget(value: string, isGoto: boolean): void {
    if (this.#rule.verdict !== undefined || this.#target !== undefined) {
      throw new IptablesError("multiple -j and -g are not allowed");
    }
    const extension = targetNamed(value, this.#family);
    if (isGoto) {
      this.#rule.verdict = { kind: "goto", chain: value };
    } else if (value in VERDICTS) {
      const kind = VERDICTS[value as keyof typeof VERDICTS];
      this.#rule.verdict = { kind };
    } else if (extension !== undefined) {
      this.#target = { extension, options: [] };
    } else {
      checkChainName(value);
      this.#rule.verdict = { kind: "jump", chain: value };
    }
  }

  #setCounters(value: string): void {
    const [packets = "", bytes = this.#words.need("-c")] = value.split(",");
    if (!/^\d+$/.test(packets) || !/^\d+$/.test(bytes)) {
      throw new IptablesError("-c: packets and bytes must be numbers");
    }
    this.#rule.counters = { packets: BigInt(packets), bytes: BigInt(bytes) };
  }

  #networks(text: string, inverted: boolean): Negatable<Network>[] {
    const found = text.split(",").flatMap((each) => this.#network(each));
    if (inverted && found.length > 1) {
      throw new IptablesError("! is not allowed with several addresses");
    }
    return found.map((value) => ({ value, inverted }));
  }

  #network(text: string): Network[] {
    const [host = "", mask] = text.split("/");
    const family = this.#family;
    const bits = parseMask(mask, family);
    if (isHostName(host)) {
      return this.#lookups.host(host, family).map((address) =>
        masked(address, bits)
      );
    }
    const address = family === 4 ? completeIPv4(host) : host;
    return [masked(needAddress(address, family), bits)];
  }

  #protocol(): number {
    const { protocol } = this.#rule;
    return protocol === undefined || protocol.inverted ? 0 : protocol.value;
  }

  /** One rule for each source and each destination. */
  rules(chain: string): Rule[] {
    checkInterfaces(this.#rule, chain);
    const matches = this.#matches.map((loaded) => this.#encode(loaded));
    const target = this.#target && this.#encode(this.#target);
    const rule = {
      ...this.#rule,
      matches,
      ...target === undefined ? {} : { target },
    };
    const either = (list: Negatable<Network>[]) =>
      list.length === 0 ? [undefined] : list;
    return either(this.#sources).flatMap((source) =>
      either(this.#destinations).map((destination) => ({
        ...rule,
        ...isOpen(source) ? {} : { source },
        ...isOpen(destination) ? {} : { destination },
      }))
    );
  }

  #encode({ extension, options }: Loaded): Part {
    const context = {
      family: this.#family,
      protocol: this.#protocol(),
      lookups: this.#lookups,
    };
    return {
      name: extension.module ?? extension.name,
      revision: extension.revision,
      info: extension.encode(options, context),
    };
  }
}

/** Whether it matches every address, so that nothing is compared. */
function isOpen(
  network: Negatable<Network> | undefined,
): network is undefined {
  return network === undefined ||
    (!network.inverted && network.value.mask.every((byte) => byte === 0));
}

/** Undefined for "+", which is every interface. */
function interfaceOf(
  name: string,
  inverted: boolean,
): Negatable<string> | undefined {
  if (name === "") {
    throw new IptablesError("an empty interface is likely to be undesired");
  }
  if (new TextEncoder().encode(name).length > INTERFACE_LENGTH) {
    throw new IptablesError(
      `interface name \`${name}' must be shorter than 16 characters`,
    );
  }
  return name === "+" && !inverted ? undefined : { value: name, inverted };
}
