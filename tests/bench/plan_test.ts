import assert from "node:assert/strict";
import { duration, orderOf, sectionsOf, type Wanted } from "./plan.ts";

const ALL: Wanted = {
  groups: ["tcp", "udp", "ping", "peers", "cipher"],
  outsides: ["v4", "v6"],
  mtus: [1420, 1280, 8920],
  others: ["wireguard-go", "boringtun"],
};

Deno.test("sectionsOf() measures all under the first conditions, the streams under the others", () => {
  const sections = sectionsOf(ALL);
  assert.deepEqual(
    sections.map(({ title, groups, implementations }) =>
      `${title}: ${groups} of ${implementations}`
    ),
    [
      "IPv4 outside, MTU 1,420: tcp,udp,ping of caktus,wireguard-go,boringtun",
      "IPv4 outside, MTU 1,420, many peers: peers of caktus,wireguard-go",
      "IPv6 outside, MTU 1,420: tcp,udp of caktus,wireguard-go",
      "IPv4 outside, MTU 1,280: tcp,udp of caktus,wireguard-go",
      "IPv4 outside, MTU 8,920: tcp,udp of caktus,wireguard-go",
      "Without a tunnel: cipher of caktus,wireguard-go",
    ],
  );
  assert.deepEqual(sections.map(({ outside, mtu }) => `${outside} ${mtu}`), [
    ...["v4 1420", "v4 1420", "v6 1420", "v4 1280", "v4 8920", "v4 1420"],
  ]);
});

Deno.test("sectionsOf() leaves out what has nothing to measure", () => {
  const sections = sectionsOf({ ...ALL, groups: ["ping"] });
  assert.deepEqual(sections.map(({ title }) => title), [
    "IPv4 outside, MTU 1,420",
  ]);
});

Deno.test("orderOf() turns round every other time", () => {
  const [section] = sectionsOf(ALL);
  const order = [1, 2, 3].map((round) => orderOf(section!, round)[0]);
  assert.deepEqual(order, ["caktus", "boringtun", "caktus"]);
  assert.equal(section!.implementations[0], "caktus");
});

Deno.test("duration() says seconds, then minutes", () => {
  assert.deepEqual([40.4, 89, 240].map(duration), ["40 s", "89 s", "4 min"]);
});
