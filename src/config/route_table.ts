/**
 * Routing tables by number and by name, as iproute2 knows them.
 *
 * ```text
 * Table = 1234      decimal, or 0x…
 * Table = main      main 254, default 253, local 255: always
 * Table = isp2      a line `100 isp2` of rt_tables
 * ```
 *
 * @module
 */

/** The number of a table that the machine has a name for. */
export type TableNames = (name: string) => number | undefined;

/** The table that holds what `ip route` shows. */
export const MAIN_TABLE = 254;
const BUILT_IN: Readonly<Record<string, number>> = {
  default: 253,
  main: MAIN_TABLE,
  local: 255,
};
const MOST = 0xffffffff;

/** The number that a word means; undefined where it means none. */
export function tableNumber(
  word: string,
  names: TableNames,
): number | undefined {
  if (!/^(0x[0-9a-f]+|[0-9]+)$/i.test(word)) {
    return names(word) ?? BUILT_IN[word];
  }
  const number = Number(word);
  return number >= 1 && number <= MOST ? number : undefined;
}

/** The names in the text of an rt_tables file: `NUMBER NAME` on each line, `#` begins a comment. */
export function parseTableNames(text: string): Map<string, number> {
  const names = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [word = "", name] = line.replace(/#.*/, "").trim().split(/\s+/);
    const number = tableNumber(word, () => undefined);
    if (name !== undefined && number !== undefined) names.set(name, number);
  }
  return names;
}
