/**
 * Cryptokey routing against tables and against a linear scan (whitepaper §2).
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import fc from "fast-check";
import type { Prefix } from "../../src/config/config.ts";
import { maskPrefix, prefixContains } from "../../src/config/prefix.ts";
import { AllowedIps } from "../../src/device/allowed_ips.ts";
import { address, prefix, smallMemory } from "./addresses.ts";

const runs = Deno.env.get("SLOW") === "1" ? 5_000 : 150;
const memory = smallMemory();
/** Odd, because addresses in packets of the network are not aligned either. */
const AT = 37;

function lookup<Owner>(table: AllowedIps<Owner>, bytes: Uint8Array) {
  memory.bytes.set(bytes, AT);
  return table.lookup(memory, bytes.length === 4 ? 4 : 6, AT);
}

function build(rows: string): AllowedIps<string> {
  const table = new AllowedIps<string>();
  for (const row of rows.trim().split("\n")) {
    const [text, owner] = row.trim().split(/ +/);
    table.insert(prefix(text!), owner!);
  }
  return table;
}

const TABLE = `
  10.0.0.0/8          a
  10.1.0.0/16         b
  10.1.2.0/24         c
  10.1.2.3/32         d
  10.1.2.128/25       e
  172.16.0.0/12       a
  172.16.0.0/13       b
  192.0.2.0/31        c
  255.255.255.255/32  d
  0.0.0.0/2           f
  2001:db8::/32       a
  2001:db8:1::/48     b
  2001:db8:1:1::/64   c
  2001:db8:1:1::7/128 d
  2001:db8:0:ffff:ffff:ffff:8000:0/97 e
  fe80::/10           f`;

const ANSWERS: [string, string | undefined][] = [
  ["10.0.0.1", "a"],
  ["10.255.255.255", "a"],
  ["11.0.0.0", "f"],
  ["10.1.255.1", "b"],
  ["10.1.2.0", "c"],
  ["10.1.2.3", "d"],
  ["10.1.2.2", "c"],
  ["10.1.2.4", "c"],
  ["10.1.2.127", "c"],
  ["10.1.2.128", "e"],
  ["10.1.3.3", "b"],
  ["172.16.0.1", "b"],
  ["172.24.0.0", "a"],
  ["172.32.0.0", undefined],
  ["192.0.2.0", "c"],
  ["192.0.2.1", "c"],
  ["192.0.2.2", undefined],
  ["255.255.255.255", "d"],
  ["255.255.255.254", undefined],
  ["0.0.0.0", "f"],
  ["63.255.255.255", "f"],
  ["64.0.0.0", undefined],
  ["2001:db8::1", "a"],
  ["2001:db9::1", undefined],
  ["2001:db8:1::", "b"],
  ["2001:db8:1:1::", "c"],
  ["2001:db8:1:1::7", "d"],
  ["2001:db8:1:1::8", "c"],
  ["2001:db8:0:ffff:ffff:ffff:8000:0", "e"],
  ["2001:db8:0:ffff:ffff:ffff:7fff:ffff", "a"],
  ["2001:db8:1:2::7", "b"],
  ["fe80::1", "f"],
  ["fec0::1", undefined],
  ["::", undefined],
];

Deno.test("lookup() finds the longest prefix, v4 and v6 (§2)", () => {
  const table = build(TABLE);
  for (const [text, owner] of ANSWERS) {
    strictEqual(lookup(table, address(text)), owner, text);
  }
});

Deno.test("lookup() does not depend on the order of insertion", () => {
  const table = build(TABLE.trim().split("\n").toReversed().join("\n"));
  for (const [text, owner] of ANSWERS) {
    strictEqual(lookup(table, address(text)), owner, text);
  }
});

Deno.test("a default route of each version takes what is left, of its own version only", () => {
  const table = build(TABLE + "\n0.0.0.0/0 rest");
  strictEqual(lookup(table, address("64.0.0.0")), "rest");
  strictEqual(lookup(table, address("10.1.2.3")), "d");
  strictEqual(lookup(table, address("::")), undefined);
  table.insert(prefix("::/0"), "rest6");
  strictEqual(lookup(table, address("::")), "rest6");
});

Deno.test("insert() moves a prefix and says whose it was", () => {
  const table = new AllowedIps<string>();
  strictEqual(table.insert(prefix("10.0.0.0/8"), "a"), undefined);
  strictEqual(table.insert(prefix("10.0.0.0/8"), "b"), "a");
  strictEqual(table.insert(prefix("10.0.0.0/8"), "b"), "b");
  strictEqual(lookup(table, address("10.9.9.9")), "b");
  strictEqual(table.size, 1);
});

Deno.test("remove() takes a prefix only from its owner", () => {
  const table = build("10.0.0.0/8 a\n10.1.0.0/16 b");
  strictEqual(table.remove(prefix("10.1.0.0/16"), "a"), false);
  strictEqual(table.remove(prefix("10.1.0.0/17"), "b"), false);
  strictEqual(table.remove(prefix("10.2.0.0/16"), "b"), false);
  strictEqual(table.remove(prefix("::/0"), "b"), false);
  strictEqual(lookup(table, address("10.1.1.1")), "b");
  strictEqual(table.remove(prefix("10.1.0.0/16"), "b"), true);
  strictEqual(lookup(table, address("10.1.1.1")), "a");
  strictEqual(table.remove(prefix("10.1.0.0/16"), "b"), false);
});

Deno.test("remove() of a prefix between others leaves these in place", () => {
  const table = build("10.0.0.0/8 a\n10.0.0.0/16 b\n10.0.0.0/24 c");
  strictEqual(table.remove(prefix("10.0.0.0/16"), "b"), true);
  strictEqual(lookup(table, address("10.0.0.1")), "c");
  strictEqual(lookup(table, address("10.0.1.1")), "a");
  strictEqual(table.size, 2);
});

/** What the trie must agree with: every prefix in a list. */
class LinearScan {
  #rows: { prefix: Prefix; owner: string }[] = [];

  insert(prefix: Prefix, owner: string): string | undefined {
    const row = this.#find(prefix);
    const former = row?.owner;
    if (row === undefined) this.#rows.push({ prefix, owner });
    else row.owner = owner;
    return former;
  }

  remove(prefix: Prefix, owner: string): boolean {
    const row = this.#find(prefix);
    if (row?.owner !== owner) return false;
    this.#rows.splice(this.#rows.indexOf(row), 1);
    return true;
  }

  lookup(bytes: Uint8Array): string | undefined {
    return this.#rows.filter(({ prefix }) =>
      prefix.address.length === bytes.length && prefixContains(prefix, bytes)
    ).sort((a, b) => b.prefix.length - a.prefix.length)[0]?.owner;
  }

  get rows() {
    return [...this.#rows];
  }

  #find({ address, length }: Prefix) {
    return this.#rows.find(({ prefix: p }) =>
      p.length === length && p.address.toHex() === address.toHex()
    );
  }
}

/** Addresses of few different bits, so that prefixes nest and lookups hit. */
const clustered = fc.constantFrom(4, 16).chain((size) =>
  fc.array(fc.constantFrom(0, 1, 0x80, 0xff), {
    minLength: size,
    maxLength: size,
  }).map((bytes) => Uint8Array.from(bytes))
);
const prefixes = clustered.chain((bytes) =>
  fc.nat(8 * bytes.length).map((length) => maskPrefix(bytes, length))
);
const owners = fc.constantFrom("a", "b", "c");
const steps = fc.array(
  fc.record({ prefix: prefixes, owner: owners, insert: fc.boolean() }),
  { maxLength: 60 },
);

Deno.test("every answer is that of a linear scan, and no node is left over", () => {
  fc.assert(
    fc.property(steps, fc.array(clustered), (steps, addresses) => {
      const table = new AllowedIps<string>(), model = new LinearScan();
      for (const { prefix, owner, insert } of steps) {
        if (insert) {
          strictEqual(
            table.insert(prefix, owner),
            model.insert(prefix, owner),
          );
        } else {
          strictEqual(
            table.remove(prefix, owner),
            model.remove(prefix, owner),
          );
        }
        ok(table.size <= 2 * model.rows.length);
      }
      const asked = [...addresses, ...steps.map((step) => step.prefix.address)];
      for (const bytes of asked) {
        strictEqual(lookup(table, bytes), model.lookup(bytes));
      }
      for (const { prefix, owner } of model.rows) {
        ok(table.remove(prefix, owner));
      }
      strictEqual(table.size, 0);
    }),
    { numRuns: runs },
  );
});

Deno.test("removal of one prefix among hundreds changes the answers below it alone", () => {
  const table = new AllowedIps<string>();
  for (let i = 0; i < 394; i++) {
    table.insert(prefix(`10.${i >> 8}.${i & 255}.0/24`), "a");
  }
  const gone = [3, 77, 128, 255, 256, 393];
  for (const i of gone) {
    ok(table.remove(prefix(`10.${i >> 8}.${i & 255}.0/24`), "a"));
  }
  const left = Array.from({ length: 394 }, (_, i) => i).filter((i) =>
    lookup(table, address(`10.${i >> 8}.${i & 255}.9`)) === undefined
  );
  deepStrictEqual(left, gone);
});
