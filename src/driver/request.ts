/**
 * One connection's requests in the UAPI's form, cut out of the bytes as they
 * come: a request is taken only when it is whole, so a client that stalls in
 * the midst of one holds up nobody.
 *
 * ```text
 * get=1 ⏎ ⏎      drops=1 ⏎ ⏎      set=1 ⏎ key=value ⏎ … ⏎ ⏎
 * ```
 *
 * @module
 */

import { MAX_REQUEST } from "../config/uapi.ts";

/** A whole request, without the blank line that ends it. */
export interface Request {
  /** "get=1", "set=1", or whatever the first line says. */
  operation: string;
  /** The lines behind the first one. */
  body: string;
}

/** What a connection has sent and nobody has taken. */
export class RequestReader {
  #chunks: Uint8Array[] = [];
  #length = 0;
  #decoder = new TextDecoder();

  /** Whether part of a request waits for its end. */
  get pending(): boolean {
    return this.#length > 0;
  }

  /** Adds bytes, which are copied; false once a request is longer than any may be. */
  push(bytes: Uint8Array): boolean {
    this.#chunks.push(bytes.slice());
    this.#length += bytes.length;
    return this.#length <= MAX_REQUEST;
  }

  /** The next whole request; `undefined` until its end has come. */
  take(): Request | undefined {
    // Only a chunk that ends a line can end a request, so the rest is joined once and not for each chunk.
    const last = this.#chunks.at(-1);
    if (last === undefined || last.indexOf(NEWLINE) < 0) return undefined;
    const text = this.#join();
    const end = endOf(text);
    if (end < 0) return undefined;
    this.#keep(text.subarray(end));
    const [operation = "", ...lines] = this.#decoder.decode(
      text.subarray(0, end),
    ).trimEnd().split("\n");
    return { operation: operation.trimEnd(), body: lines.join("\n") + "\n\n" };
  }

  #join(): Uint8Array {
    if (this.#chunks.length === 1) return this.#chunks[0]!;
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [all];
    return all;
  }

  #keep(rest: Uint8Array): void {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
  }
}

const NEWLINE = 10;
const RETURN = 13;

/** Behind the blank line that ends the first request in `text`, or -1. */
function endOf(text: Uint8Array): number {
  for (
    let at = text.indexOf(NEWLINE);
    at >= 0;
    at = text.indexOf(NEWLINE, at + 1)
  ) {
    const next = text[at + 1] === RETURN ? at + 2 : at + 1;
    if (text[next] === NEWLINE) return next + 1;
  }
  return -1;
}
