/**
 * /etc/resolv.conf itself, where nothing keeps it: shared by all tunnels that have DNS.
 *
 * ```text
 *                          resolv.conf      written down
 * up wg0                   wg0's text       what was there before any tunnel
 * up wg1                   wg1's text       the same, taken from wg0: not wg0's text
 * down wg0                 wg1's text       it is not as wg0 wrote it: left alone
 * down wg1                 the original     had wg0 still been up: wg0's text
 * ```
 *
 * What another program has written meanwhile stays. After a crash of the machine, which loses what
 * was written down, the text still says whose it is, and the original is beside it.
 *
 * @module
 */

import type { DnsConfig } from "../config/config.ts";
import type { FileChange } from "./dns_change.ts";
import {
  composeText,
  type ResolvConf,
  sameResolvConf,
  writerOf,
} from "./resolv_conf.ts";
import { ResolvConfFile } from "./resolv_conf_file.ts";
import { waitForLock } from "./lock.ts";
import { readOtherStates, type State } from "./state.ts";

/** No interface can have this name. */
const LOCK = "@dns";

/** What became of the file when a tunnel took its text back. */
export type Restored = "restored" | "handed on" | "not ours";

/** Where the files are, and which tunnels stand. */
export interface DnsFileOptions {
  readonly path: string;
  /** Of the state files. */
  readonly folder: string;
  /** Whether the interface of a state is up and stays so. */
  isUp(state: State): boolean;
}

/** The file for all tunnels of this machine. */
export class DnsFile {
  readonly #file: ResolvConfFile;

  constructor(readonly options: DnsFileOptions) {
    this.#file = new ResolvConfFile(options.path);
  }

  /** The change that writes the file. */
  plan(name: string, dns: DnsConfig): FileChange {
    const before = this.#original();
    const written = composeText(name, dns, before.text ?? "");
    return { kind: "dns", dns, how: "file", before, written };
  }

  /** @throws Deno.errors where it cannot be written */
  async set(change: FileChange): Promise<void> {
    await this.#exclusively(() => this.#file.write(change.written));
  }

  /** @throws Deno.errors where it cannot be written */
  async restore(change: FileChange, name: string): Promise<Restored> {
    return await this.#exclusively(() => this.#restore(change, name));
  }

  /**
   * Puts back what was kept beside a text of which nothing else is known.
   *
   * @returns that; undefined where the text is not the interface's, or nothing was kept
   * @throws Deno.errors where it cannot be written
   */
  async restoreLost(name: string): Promise<ResolvConf | undefined> {
    return await this.#exclusively(() => {
      const kept = this.#file.lookAtKept();
      if (writerOf(this.look().text) !== name || !kept) return undefined;
      this.#file.restore(kept);
      return kept;
    });
  }

  /** What is there now; nothing where it cannot be read. */
  look(): ResolvConf {
    try {
      return this.#file.look();
    } catch {
      return {};
    }
  }

  /** What is in force without any tunnel. */
  #original(): ResolvConf {
    const current = this.look();
    const writer = writerOf(current.text);
    if (writer === undefined) return current;
    const state = readOtherStates(this.options.folder, "")
      .find(({ name }) => name === writer);
    return fileChangeOf(state)?.before ?? this.#file.lookAtKept() ?? {};
  }

  #restore(change: FileChange, name: string): Restored {
    const current = this.look();
    if (current.text !== change.written) {
      if (writerOf(current.text) === undefined) this.#file.forget();
      return "not ours";
    }
    const next = this.#othersOf(change, name).at(-1);
    if (next !== undefined) {
      this.#file.write(next.written);
      return "handed on";
    }
    this.#file.restore(change.before);
    return "restored";
  }

  /** Changes of the other tunnels over the same original; the last that came up is the last. */
  #othersOf({ before }: FileChange, name: string): FileChange[] {
    const { folder, isUp } = this.options;
    return readOtherStates(folder, name)
      .filter(isUp)
      .sort((a, b) => timeOf(a, folder) - timeOf(b, folder))
      .flatMap((state) => fileChangeOf(state) ?? [])
      .filter((other) => sameResolvConf(other.before, before));
  }

  async #exclusively<T>(work: () => T): Promise<T> {
    const { folder } = this.options;
    return await waitForLock(folder, LOCK, () => Promise.resolve(work()));
  }
}

function fileChangeOf(state: State | undefined): FileChange | undefined {
  return state?.changes.findLast((change): change is FileChange =>
    change.kind === "dns" && change.how === "file"
  );
}

/** When a state was written last. */
function timeOf({ name }: State, folder: string): number {
  return Deno.statSync(`${folder}/${name}.toml`).mtime?.getTime() ?? 0;
}
