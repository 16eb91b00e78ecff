/**
 * The command that a mistyped word was likely meant to be.
 *
 * @module
 */

/** The word of the list that is the fewest typing mistakes away; the first of equals. */
export function nearest(word: string, words: readonly string[]): string {
  const ranked = words.map((each) => ({
    each,
    away: mistakes(word.toLowerCase(), each),
  }));
  return ranked.reduce((best, next) => next.away < best.away ? next : best)
    .each;
}

/**
 * Letters to add, leave out, replace or swap with their neighbour, to turn one word into the
 * other (optimal string alignment distance).
 */
export function mistakes(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    const above = rows[i - 1]!;
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row[j] = Math.min(
        above[j]! + 1,
        row[j - 1]! + 1,
        above[j - 1]! + same,
        swapped && i > 1 && j > 1 ? rows[i - 2]![j - 2]! + 1 : Infinity,
      );
    }
    rows.push(row);
  }
  return rows[from.length]![to.length]!;
}
