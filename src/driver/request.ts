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
  /** The lines behind the first one, each with its end. */
  body: string;
}

const NEWLINE = 10;
const RETURN = 13;
const INITIAL_CAPACITY = 4096;

/** What a connection has sent and nobody has taken. */
export class RequestReader {
  #bytes = new Uint8Array(INITIAL_CAPACITY);
  #length = 0;
  /** Before this there is no end of a request: each byte is looked at once, however many pieces a request comes in. */
  #searched = 0;
  #decoder = new TextDecoder();

  /** Whether part of a request waits for its end. */
  get pending(): boolean {
    return this.#length > 0;
  }

  /** Adds bytes, which are copied; false once a request is longer than any may be. */
  push(bytes: Uint8Array): boolean {
    const length = this.#length + bytes.length;
    if (length > MAX_REQUEST) return false;
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
    return true;
  }

  /** The next whole request; `undefined` until its end has come. */
  take(): Request | undefined {
    const end = this.#findEnd();
    if (end < 0) return undefined;
    const text = this.#decoder.decode(this.#bytes.subarray(0, end));
    this.#bytes.copyWithin(0, end, this.#length);
    this.#length -= end;
    this.#searched = 0;
    return requestOf(text);
  }

  #grow(length: number): void {
    const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  /** Behind the blank line that ends the first request, or -1. */
  #findEnd(): number {
    const bytes = this.#bytes.subarray(0, this.#length);
    let at = bytes.indexOf(NEWLINE, this.#searched);
    for (; at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
      const next = bytes[at + 1] === RETURN ? at + 2 : at + 1;
      if (bytes[next] === NEWLINE) return next + 1;
      // The line behind this one has not come yet.
      if (next >= bytes.length) break;
    }
    this.#searched = at < 0 ? bytes.length : at;
    return -1;
  }
}

const PEER = "\npublic_key=";

/**
 * Cuts the body of `set=1` before every so many peers. Each part is a request
 * of its own; done one after the other they have the same effect.
 */
export function* partsOf(body: string, peers: number): Generator<string> {
  let start = 0, count = 0;
  for (let at = body.indexOf(PEER); at >= 0; at = body.indexOf(PEER, at + 1)) {
    if (++count % peers !== 0) continue;
    yield body.slice(start, at + 1);
    start = at + 1;
  }
  yield body.slice(start);
}

/** Takes the blank line off, and the first line from the others. */
function requestOf(text: string): Request {
  const lines = text.replace(/\r?\n$/, "");
  const end = lines.indexOf("\n");
  return {
    operation: lines.slice(0, end).replace(/\r$/, ""),
    body: lines.slice(end + 1),
  };
}
