/**
 * A profile as tables in Markdown. Pure.
 *
 * @module
 */

import { PARTS } from "./stacks.ts";
import { short } from "./table.ts";

/** What was found about one implementation. */
export interface Account {
  name: string;
  gigabytes: number;
  /** Seconds of CPU of both daemons for a gigabyte, by part. */
  parts: Record<string, number>;
  /** Percent of the machine's time, by who had it. */
  owners: Record<string, number>;
  /** System calls of both daemons for a gigabyte. */
  calls: Record<string, number>;
}

/** What `--profile` leaves. */
export interface Profile {
  command: string;
  /** One for each implementation and round. */
  accounts: Account[];
}

/** Whether a file of JSON is a profile. */
export function isProfile(value: unknown): value is Profile {
  return typeof value === "object" && value !== null && "accounts" in value;
}

/** Means by implementation: seconds by part, the machine's time by who had it, and system calls. */
export function accountTable(profile: Profile): string {
  const names = [...new Set(profile.accounts.map(({ name }) => name))];
  const accounts = names.map((name) =>
    meanOf(name, profile.accounts.filter((each) => each.name === name))
  );
  const parts = PARTS.filter((part) =>
    accounts.some((each) => each.parts[part])
  );
  const total = (account: Account) =>
    Object.values(account.parts).reduce((sum, each) => sum + each, 0);
  const calls = [
    ...new Set(accounts.flatMap((each) => Object.keys(each.calls))),
  ];
  return [
    grid(accounts, "CPU of both daemons, s/GB", [
      ...parts.map((part): Row => [
        part,
        (account) => (account.parts[part] ?? 0).toFixed(2),
      ]),
      ["all", (account) => `**${total(account).toFixed(2)}**`],
    ]),
    grid(
      accounts,
      "the machine's time, %",
      ["daemons", "iperf3", "others", "idle"].map((owner): Row => [
        owner,
        (account) => short(account.owners[owner] ?? 0),
      ]),
    ),
    grid(
      accounts,
      "system calls for a GB",
      calls.map((call): Row => [
        call,
        (account) => short(account.calls[call] ?? 0),
      ]),
    ),
  ].join("\n\n");
}

function meanOf(name: string, accounts: readonly Account[]): Account {
  const mean = (take: (account: Account) => Record<string, number>) => {
    const sums: Record<string, number> = {};
    for (
      const [key, value] of accounts.flatMap((each) =>
        Object.entries(take(each))
      )
    ) {
      sums[key] = (sums[key] ?? 0) + value / accounts.length;
    }
    return sums;
  };
  return {
    name,
    gigabytes: accounts.reduce((sum, each) => sum + each.gigabytes, 0),
    parts: mean(({ parts }) => parts),
    owners: mean(({ owners }) => owners),
    calls: mean(({ calls }) => calls),
  };
}

/** A label, and what to say of an account. */
type Row = [string, (account: Account) => string];

function grid(
  accounts: readonly Account[],
  title: string,
  rows: readonly Row[],
): string {
  const names = accounts.map(({ name }) => name);
  return [
    [title, ...names],
    ["---", ...names.map(() => "--:")],
    ...rows.map(([label, say]) => [label, ...accounts.map(say)]),
  ].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
