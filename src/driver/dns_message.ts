/**
 * A question to a name server and its answer (RFC 1035 §4), as far as addresses of a host need it.
 *
 * ```text
 * 0 id · 2 flags · 4 questions · 6 answers · 8 authorities · 10 others · 12 …
 * question  name, type u16, class u16
 * record    name, type u16, class u16, lifetime u32, length u16, data
 * name      { length u8, label } … 0, or at any place a pointer of two bytes, 0xc0…
 * ```
 *
 * @module
 */

const HEAD_LENGTH = 12;
const RECURSION_DESIRED = 0x0100;
const RESPONSE = 0x8000;
/** The answer was cut off, or the code says that it is none. */
const NO_ANSWER = 0x020f;
const CLASS_INTERNET = 1;
const POINTER = 0xc0;

/** The two kinds of addresses, as types of records. */
export const A = 1, AAAA = 28;

/**
 * A question for the addresses of one kind.
 *
 * @param id a random number below 65536, by which the answer is known
 * @param host letters, digits, hyphens and dots
 */
export function formatQuestion(
  id: number,
  host: string,
  type: typeof A | typeof AAAA,
): Uint8Array<ArrayBuffer> {
  const labels = host.replace(/\.$/, "").split(".").flatMap((label) => {
    const bytes = new TextEncoder().encode(label);
    return [bytes.length, ...bytes];
  });
  const message = new Uint8Array(HEAD_LENGTH + labels.length + 5);
  const view = new DataView(message.buffer);
  view.setUint16(0, id);
  view.setUint16(2, RECURSION_DESIRED);
  view.setUint16(4, 1);
  message.set(labels, HEAD_LENGTH);
  view.setUint16(message.length - 4, type);
  view.setUint16(message.length - 2, CLASS_INTERNET);
  return message;
}

/**
 * The addresses in an answer, 4 or 16 bytes each; records of other kinds, as of other names for the host, are
 * passed over.
 *
 * @param question what was asked
 * @returns undefined where it is no whole answer to that question; none where the host has none of this kind
 */
export function addressesIn(
  answer: Uint8Array,
  question: Uint8Array,
): Uint8Array[] | undefined {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
  if (answer.length < question.length) return undefined;
  const flags = view.getUint16(2);
  if (!repeats(answer, question)) return undefined;
  if ((flags & RESPONSE) === 0 || (flags & NO_ANSWER) !== 0) return undefined;
  const found: Uint8Array[] = [];
  let at = question.length;
  for (let left = view.getUint16(6); left > 0; left--) {
    at = endOfName(answer, at);
    if (at + 10 > answer.length) return undefined;
    const type = view.getUint16(at), length = view.getUint16(at + 8);
    const data = answer.slice(at + 10, at + 10 + length);
    if (data.length < length) return undefined;
    const width = type === A ? 4 : type === AAAA ? 16 : 0;
    if (width > 0 && length === width) found.push(data);
    at += 10 + length;
  }
  return found;
}

/** Whether the answer bears the id of the question, and its text; letters may have come back in other cases. */
function repeats(answer: Uint8Array, question: Uint8Array): boolean {
  if (answer[0] !== question[0] || answer[1] !== question[1]) return false;
  for (let at = HEAD_LENGTH; at < question.length; at++) {
    if (lower(answer[at]!) !== lower(question[at]!)) return false;
  }
  return true;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/** Behind the name at `at`; past the end where it does not end. */
function endOfName(bytes: Uint8Array, at: number): number {
  for (;;) {
    const length = bytes[at];
    if (length === undefined) return Infinity;
    if (length >= POINTER) return at + 2;
    if (length === 0) return at + 1;
    at += 1 + length;
  }
}
