/**
 * The bytes of a configuration file as text, without losing one.
 *
 * A file is UTF-8. A hook may hold any bytes, such as a path in another
 * encoding, so a byte that is no UTF-8 stands as the lone surrogate
 * 0xDC00 + byte, and {@linkcode encodeText} gives it back:
 *
 * ```text
 * 63 61 66 C3 A9   "caf\u00E9"      UTF-8
 * 63 61 66 E9      "caf\uDCE9"      the same word in Latin-1
 * ```
 *
 * Files that begin with a byte order mark of UTF-16, as PowerShell writes
 * them, are read as that.
 *
 * @module
 */

/** Decodes a file. A byte order mark is dropped. Never throws. */
export function decodeConfig(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    return new TextDecoder("utf-16le").decode(bytes);
  }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    return new TextDecoder("utf-16be").decode(bytes);
  }
  return decodeText(bytes).replace(/^\uFEFF/, "");
}

/** Decodes UTF-8; bytes that are none become U+DC80 to U+DCFF. */
export function decodeText(bytes: Uint8Array): string {
  const whole = decodeStrictly(bytes);
  if (whole !== undefined) return whole;
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at]!);
    const character = decodeStrictly(bytes.subarray(at, at + length));
    text += character ?? String.fromCharCode(0xdc00 + bytes[at]!);
    at += character === undefined ? 1 : length;
  }
  return text;
}

/** The bytes of which {@linkcode decodeText} made this text. */
export function encodeText(text: string): Uint8Array {
  const parts = text.split(/([\uDC80-\uDCFF])/u);
  const bytes = parts.map((part) =>
    /^[\uDC80-\uDCFF]$/u.test(part)
      ? Uint8Array.of(part.charCodeAt(0) - 0xdc00)
      : new TextEncoder().encode(part)
  );
  const result = new Uint8Array(bytes.reduce((sum, b) => sum + b.length, 0));
  let at = 0;
  for (const part of bytes) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** How many bytes a character has that begins with this one. */
function sequenceLength(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}
