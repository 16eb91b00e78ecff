/**
 * The keys that a configuration file may have, and what to say of all others.
 *
 * Keys are compared in lower case, as wg(8) and wg-quick(8) do.
 *
 * ```text
 * known          [Interface] and [Peer], below
 * wrong section  where it belongs
 * near a known   a suggestion, by edit distance
 * AmneziaWG's    another protocol: such a tunnel would never handshake
 * phone apps'    means nothing on Linux: warned about and passed over
 * ```
 *
 * @module
 */

/** The two kinds of section. */
export type SectionName = "Interface" | "Peer";

/** Keys whose value is a shell command, in which `#` starts no comment. */
export const HOOK_KEYS = ["PreUp", "PostUp", "PreDown", "PostDown"] as const;

/** Keys of each section, spelled as the manual does. */
export const KEYS: Record<SectionName, readonly string[]> = {
  Interface: [
    "PrivateKey",
    "ListenPort",
    "FwMark",
    "Address",
    "MTU",
    "DNS",
    "Table",
    "SaveConfig",
    ...HOOK_KEYS,
  ],
  Peer: [
    "PublicKey",
    "PresharedKey",
    "AllowedIPs",
    "Endpoint",
    "PersistentKeepalive",
  ],
};

/** Whether the key's value is a shell command. */
export function isHookKey(key: string): boolean {
  return HOOK_KEYS.some((hook) => hook.toLowerCase() === key.toLowerCase());
}

/** Whether only phone apps know the key. */
export function isAppKey(key: string): boolean {
  return /^(ex|in)cludedapplications$/i.test(key);
}

/** The section that has this key; undefined where none has. */
export function sectionOf(key: string): SectionName | undefined {
  for (const section of ["Interface", "Peer"] as const) {
    if (KEYS[section].some((known) => sameWord(known, key))) return section;
  }
  return undefined;
}

/** Whether anything is known of the key, be it that it has no place here. */
export function isKnownKey(key: string): boolean {
  return sectionOf(key) !== undefined || isAppKey(key) || isAmneziaKey(key);
}

/** What is wrong with a key that `section` does not have, and what to do. */
export function unknownKeyProblem(key: string, section: SectionName): string {
  if (isAmneziaKey(key)) {
    return "belongs to AmneziaWG, another protocol: with WireGuard such a tunnel would never handshake; ask for a WireGuard config";
  }
  const home = sectionOf(key);
  if (home !== undefined) return `belongs under [${home}], not [${section}]`;
  const near = nearest(key, [
    ...KEYS[section],
    ...KEYS.Interface,
    ...KEYS.Peer,
  ]);
  if (near === undefined) {
    return `unknown key; [${section}] has ${KEYS[section].join(", ")}`;
  }
  const place = KEYS[section].includes(near)
    ? ""
    : ` under [${sectionOf(near)}]`;
  return `unknown key; did you mean ${near}${place}?`;
}

/** The section that a header names; undefined where it names none. */
export function sectionNamed(name: string): SectionName | undefined {
  if (sameWord(name, "Interface")) return "Interface";
  return sameWord(name, "Peer") ? "Peer" : undefined;
}

/** The known word that is only a few edits away. */
export function nearest(
  word: string,
  known: readonly string[],
): string | undefined {
  let best: string | undefined;
  let least = Math.min(3, Math.floor(word.length / 2)) + 1;
  for (const candidate of known) {
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
}

/**
 * Whether an unknown word may be shown in an error. A file with its lines mixed
 * up can have part of a secret where a word should be; unlike words, base64
 * changes its case all the time, and has digits.
 */
export function isShowable(word: string): boolean {
  if (word.length < 8) return /^[A-Za-z][A-Za-z0-9_-]*$/.test(word);
  const changes = word.match(/[a-z](?=[A-Z])|[A-Z](?=[a-z])/g) ?? [];
  return /^[A-Za-z_-]{1,24}$/.test(word) && changes.length <= 3;
}

function isAmneziaKey(key: string): boolean {
  return /^(jc|jmin|jmax|s[1-4]|h[1-4]|i[1-5]|j[1-3]|itime)$/i.test(key);
}

function sameWord(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Letters to insert, delete or replace between two words (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
  }
  return row[b.length]!;
}
