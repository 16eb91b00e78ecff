/**
 * The published vectors in this folder, read into bytes. README.md says where
 * each file comes from.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** How Wycheproof judges a case; "acceptable" may be refused. */
export type Result = "valid" | "acceptable" | "invalid";

/** A key agreement of Wycheproof; 32 bytes each. */
export interface AgreementCase {
  id: number;
  result: Result;
  flags: string[];
  public: Uint8Array;
  private: Uint8Array;
  shared: Uint8Array;
}

/** An authenticated encryption of Wycheproof. */
export interface AeadCase {
  id: number;
  result: Result;
  flags: string[];
  key: Uint8Array;
  /** Of any length in invalid cases. */
  nonce: Uint8Array;
  auth: Uint8Array;
  plain: Uint8Array;
  sealed: Uint8Array;
  tag: Uint8Array;
}

/** A vector of RFC 8439; `section` is where it stands there. */
export type Rfc8439Case =
  & { section: string; key: Uint8Array }
  & (
    /** The block function, 64 bytes out; nonce 12. */
    | { kind: "block"; nonce: Uint8Array; counter: number; out: Uint8Array }
    /** ChaCha20 of several blocks. */
    | {
      kind: "cipher";
      nonce: Uint8Array;
      counter: number;
      plain: Uint8Array;
      out: Uint8Array;
    }
    /** Poly1305 with its one-time key. */
    | { kind: "poly1305"; message: Uint8Array; tag: Uint8Array }
    /** The one-time key, 32 bytes out. */
    | { kind: "poly1305 key"; nonce: Uint8Array; out: Uint8Array }
    | {
      kind: "aead";
      nonce: Uint8Array;
      auth: Uint8Array;
      plain: Uint8Array;
      sealed: Uint8Array;
      tag: Uint8Array;
    }
  );

/** Fields that are words, where all other strings are bytes in hex. */
const WORDS = ["result", "section", "kind"];

/** The bytes of a text in hex. */
export function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}

/** The cases of Wycheproof's x25519_test.json. */
export function x25519Cases(): AgreementCase[] {
  return readLines("wycheproof_x25519.jsonl") as AgreementCase[];
}

/** The cases of Wycheproof's chacha20_poly1305_test.json. */
export function chacha20Poly1305Cases(): AeadCase[] {
  return readLines("wycheproof_chacha20_poly1305.jsonl") as AeadCase[];
}

/** The cases of Wycheproof's xchacha20_poly1305_test.json. */
export function xchacha20Poly1305Cases(): AeadCase[] {
  return readLines("wycheproof_xchacha20_poly1305.jsonl") as AeadCase[];
}

/** Every vector of RFC 8439 that concerns more than one quarter round. */
export function rfc8439Cases(): Rfc8439Case[] {
  return readLines("rfc8439.jsonl") as Rfc8439Case[];
}

/**
 * BLAKE2s of 32 bytes with the key 00 01 … 1f; the n-th is of the message
 * 00 01 … of n bytes, from 0 to 255.
 */
export function keyedBlake2sHashes(): Uint8Array[] {
  return readText("blake2s_keyed.txt").trimEnd().split("\n").map(unhex);
}

function readLines(file: string): unknown[] {
  return readText(file).trimEnd().split("\n").map((line) =>
    JSON.parse(
      line,
      (name, value) =>
        typeof value === "string" && isNaN(Number(name)) &&
          !WORDS.includes(name)
          ? unhex(value)
          : value,
    )
  );
}

function readText(file: string): string {
  return Deno.readTextFileSync(new URL(file, import.meta.url));
}
