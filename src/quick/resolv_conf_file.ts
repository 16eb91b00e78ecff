/**
 * Putting a text in the place of /etc/resolv.conf, and what was there back.
 *
 * ```text
 * an ordinary file, a link,     a new file is renamed over it; the old one, whatever it is, stays under
 * a dead link, nothing          resolv.conf.before-caktus and is renamed back: the very same file
 * a bind mount, a folder that   cannot be renamed over: its bytes are written in place,
 * cannot be written (docker)    and the old ones in place again
 * ```
 *
 * A rename is atomic: no program reads half a file, and no crash leaves none.
 *
 * @module
 */

import { KEPT_SUFFIX } from "./dns_change.ts";
import { type ResolvConf, sameResolvConf, writerOf } from "./resolv_conf.ts";

/** A new file's name: policies of SELinux know it, and label it as they do the file itself. */
const NEW_SUFFIX = ".tmp";
const USUAL_MODE = 0o644;

/** A resolv.conf at some path. */
export class ResolvConfFile {
  readonly #kept: string;
  readonly #new: string;

  constructor(readonly path: string) {
    this.#kept = path + KEPT_SUFFIX;
    this.#new = path + NEW_SUFFIX;
  }

  /** What is there. @throws Deno.errors where it cannot be read */
  look(): ResolvConf {
    return look(this.path);
  }

  /** What stood there before caktus wrote, as far as it was kept. */
  lookAtKept(): ResolvConf | undefined {
    return exists(this.#kept) ? look(this.#kept) : undefined;
  }

  /** Puts a text there. @throws Deno.errors where it cannot be written */
  write(text: string): void {
    if (writerOf(this.look().text) === undefined) this.#keep();
    try {
      this.#replace(() => this.#create(text, USUAL_MODE));
    } catch {
      writeInPlace(this.path, text);
    }
  }

  /**
   * Puts back what was there before caktus wrote.
   *
   * @throws Deno.errors where it cannot be written
   */
  restore(before: ResolvConf): void {
    const { link, text, mode } = before;
    if (link !== undefined && this.look().link !== undefined) {
      writeInPlace(this.path, text ?? "");
      return this.forget();
    }
    try {
      const kept = this.lookAtKept();
      if (kept !== undefined && sameResolvConf(kept, before)) {
        Deno.renameSync(this.#kept, this.path);
      } else if (link !== undefined) {
        this.#replace(() => Deno.symlinkSync(link, this.#new));
      } else if (text === undefined) Deno.removeSync(this.path);
      else this.#replace(() => this.#create(text, mode ?? USUAL_MODE));
    } catch {
      writeInPlace(this.path, text ?? "");
    }
    this.forget();
  }

  /** Removes what was kept. */
  forget(): void {
    removeIfThere(this.#kept);
  }

  /** Keeps what is there under another name; a link stays a link. The state file has it too, so this may fail. */
  #keep(): void {
    try {
      this.forget();
      Deno.linkSync(this.path, this.#kept);
    } catch {
      this.#keepCopy();
    }
  }

  /** A mounted file has no second name in the folder. */
  #keepCopy(): void {
    try {
      const { text, mode } = this.look();
      if (text === undefined) return;
      Deno.writeFileSync(this.#kept, toBytes(text));
      Deno.chmodSync(this.#kept, mode ?? USUAL_MODE);
    } catch {
      // The folder cannot be written.
    }
  }

  #create(text: string, mode: number): void {
    Deno.writeFileSync(this.#new, toBytes(text), { createNew: true });
    Deno.chmodSync(this.#new, mode);
  }

  #replace(create: () => void): void {
    removeIfThere(this.#new);
    try {
      create();
      Deno.renameSync(this.#new, this.path);
    } catch (error) {
      removeIfThere(this.#new);
      throw error;
    }
  }
}

function look(path: string): ResolvConf {
  if (!exists(path)) return {};
  const { isSymlink, mode } = Deno.lstatSync(path);
  const text = readIfThere(path);
  return {
    ...(isSymlink && { link: Deno.readLinkSync(path) }),
    ...(text !== undefined && { text }),
    ...(!isSymlink && mode !== null && { mode: mode & 0o7777 }),
  };
}

/** A link that leads nowhere, or to itself, has no text. */
function readIfThere(path: string): string | undefined {
  try {
    return Array.from(
      Deno.readFileSync(path),
      (byte) => String.fromCharCode(byte),
    ).join("");
  } catch (error) {
    const nowhere = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.FilesystemLoop;
    if (nowhere) return undefined;
    throw error;
  }
}

/** The new bytes first and the end after: at no moment is the file empty. */
function writeInPlace(path: string, text: string): void {
  using file = Deno.openSync(path, { write: true });
  const bytes = toBytes(text);
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  file.truncateSync(bytes.length);
}

function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is not there, or the folder cannot be written.
  }
}
