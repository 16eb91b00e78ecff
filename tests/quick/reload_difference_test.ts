/**
 * What `reload` has to do, from what stands and what is wanted.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert";
import type { Change } from "../../src/quick/change.ts";
import {
  machineChanges,
  ownMark,
  reloadDifference,
} from "../../src/quick/reload_difference.ts";
import { conf } from "./samples.ts";

const rule = (mark: number, priority = 32765): Change => ({
  kind: "rule",
  family: 4,
  table: mark,
  priority,
  mark,
  invert: true,
});
const address = (text: string): Change => ({ kind: "address", address: text });
const route = (prefix: string, table?: number): Change => ({
  kind: "route",
  prefix,
  ...table !== undefined && { table },
});
const link = (mtu: number): Change => ({ kind: "link", mtu });
const mark = (number: number): Change => ({ kind: "mark", mark: number });
const hook: Change = { kind: "hook", time: "PostUp", command: "", line: 0 };
const BEGINNING: Change[] = [{ kind: "interface" }, { kind: "configuration" }];

/** The difference, each step in a word or two. */
function difference(made: Change[], plan: Change[], own?: number) {
  const words = ({ kind, ...rest }: Change) =>
    [kind, ...Object.values(rest)].join(" ");
  const { gone, added, after } = reloadDifference(
    [...BEGINNING, ...made],
    machineChanges([...BEGINNING, ...plan]),
    own,
  );
  return {
    gone: gone.map(words),
    added: added.map(words),
    after: after.slice(BEGINNING.length).map(words),
  };
}

Deno.test("reloadDifference() is empty where nothing changed, whatever the order of keys", () => {
  const made = [address("10.0.0.1/24"), link(1420), route("10.9.0.0/16"), hook];
  const { gone, added } = difference(made, made);
  deepStrictEqual([gone, added], [[], []]);
  const turned = { address: "10.0.0.1/24", kind: "address" } as Change;
  deepStrictEqual(difference([turned], [address("10.0.0.1/24")]).gone, []);
});

Deno.test("reloadDifference() takes away from the end, rules first, and adds in the plan's order", () => {
  const made = [
    address("10.0.0.1/24"),
    link(1420),
    rule(51820),
    route("0.0.0.0/0", 51820),
    hook,
  ];
  const plan = [address("10.0.0.2/24"), link(1380), route("10.9.0.0/16")];
  deepStrictEqual(difference(made, plan), {
    gone: [
      "rule 4 51820 32765 51820 true",
      "route 0.0.0.0/0 51820",
      "link 1420",
      "address 10.0.0.1/24",
    ],
    added: ["address 10.0.0.2/24", "link 1380", "route 10.9.0.0/16"],
    after: [
      "hook PostUp  0",
      "address 10.0.0.2/24",
      "link 1380",
      "route 10.9.0.0/16",
    ],
  });
});

Deno.test("reloadDifference() keeps a sysctl with what was there before up", () => {
  const made: Change = { kind: "sysctl", name: "a.b", before: "0", value: "1" };
  const again: Change = { ...made, before: "1", held: true };
  deepStrictEqual(difference([made], [again]), {
    gone: [],
    added: [],
    after: ["sysctl a.b 0 1"],
  });
});

Deno.test("reloadDifference() leaves name servers and hooks alone, and a route whose table has another name", () => {
  const made: Change[] = [
    { ...route("10.0.0.0/8", 7), tableName: "seven" } as Change,
    {
      kind: "mss",
    },
    hook,
  ];
  deepStrictEqual(difference(made, [route("10.0.0.0/8", 7)]).gone, []);
});

Deno.test("ownMark() is that of the tunnel's own table, and none once there are no rules", () => {
  const file = conf("Address = 10.0.0.2/24");
  const own = (made: Change[], plan: Change[], config = file) =>
    ownMark(config, made, machineChanges(plan));
  strictEqual(own([], []), undefined);
  strictEqual(own([], [mark(51820), rule(51820)]), 51820);
  strictEqual(own([mark(51820), rule(51820)], [rule(51820)]), 51820);
  strictEqual(own([mark(51820), rule(51820)], []), 0);
  const given = conf("FwMark = 7");
  strictEqual(own([mark(51820)], [rule(7)], given), undefined);
});
