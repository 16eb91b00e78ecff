/**
 * Values of a TOML table, each by its type; another type is an error.
 *
 * @module
 */

/** A table as it was parsed. */
export type Table = Record<string, unknown>;

/** What `read` makes of a table, where there is one. */
export function optional<T>(
  value: unknown,
  read: (table: Table) => T,
): T | undefined {
  return value === undefined ? undefined : read(value as Table);
}

/** A list of tables; empty where there is none. @throws TypeError */
export function tables(value: unknown): Table[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError("not a list of tables");
  return value as Table[];
}

/** @throws TypeError */
export function string(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("not a text");
  return value;
}

/** @throws TypeError */
export function strings(value: unknown): string[] {
  if (!Array.isArray(value)) throw new TypeError("not a list of texts");
  return value.map(string);
}

/** @throws TypeError */
export function number(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new TypeError("not a whole number");
  }
  return value;
}
