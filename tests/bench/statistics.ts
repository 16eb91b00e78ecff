/**
 * Medians, spreads and percentiles.
 *
 * @module
 */

/** The middle of some numbers; with an even number of them, the mean of both in the middle. @throws RangeError of none */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("no values");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The smallest of the values that `percent` of all do not exceed. @throws RangeError of none */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new RangeError("no values");
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.ceil(sorted.length * percent / 100);
  return sorted[Math.max(0, rank - 1)]!;
}

/** From the smallest to the largest value, in percent of the median. */
export function spreadPercent(values: readonly number[]): number {
  const middle = median(values);
  const range = Math.max(...values) - Math.min(...values);
  return middle === 0 ? 0 : 100 * range / middle;
}
