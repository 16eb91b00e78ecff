/** Memory of this process that is given back to the kernel. */

import { deepStrictEqual, ok } from "node:assert";
import { fileMappings, giveBack, ownFileMappings } from "../../ffi/resident.ts";

/** One mapping as /proc/PID/smaps has it. */
function mapping(head: string, anonymous = 0): string {
  return `${head}
Size:               1024 kB
Rss:                1024 kB
Anonymous:      ${String(anonymous).padStart(8)} kB
AnonHugePages:         0 kB
VmFlags: rd mr mw me
`;
}

const PLACE = "fe:00 4711                         /usr/bin/caktus";

Deno.test("fileMappings() takes what nobody can change and nobody has changed", () => {
  const taken = [
    mapping(`100000-200000 r-xp 00000000 ${PLACE}`),
    mapping(`7fe5a3dc0000-7fe5a3fd9000 r--p 02c00000 ${PLACE}`),
  ];
  const left = [
    mapping(`100000-200000 r--p 00000000 ${PLACE}`, 4),
    mapping(`100000-200000 rw-p 00000000 ${PLACE}`),
    mapping(`100000-200000 rwxp 00000000 ${PLACE}`),
    mapping(`100000-200000 ---p 00000000 ${PLACE}`),
    mapping(`100000-200000 r--s 00000000 ${PLACE}`),
    mapping(`100000-110000 r-xp 00000000 ${PLACE}`),
    mapping("100000-200000 r--p 00000000 00:00 0 "),
    mapping("100000-200000 r-xp 00000000 00:00 0                [vdso]"),
  ];
  for (const text of left) deepStrictEqual(fileMappings(text), [], text);
  const mixed = [left[0], taken[0], left[1], left[6], taken[1], left[2]];
  deepStrictEqual(fileMappings(mixed.join("")), [
    { address: 0x100000, length: 0x100000 },
    { address: 0x7fe5a3dc0000, length: 0x219000 },
  ]);
  deepStrictEqual(fileMappings(""), []);
});

Deno.test("giveBack() makes this process smaller, which runs on", async () => {
  const mappings = await ownFileMappings();
  ok(mappings.length > 0);
  const before = filePages();
  await giveBack(mappings);
  const after = filePages();
  ok(after < 0.8 * before, `${before} kB before, ${after} kB after`);
  ok(new RegExp("(a+)b").test("xaab"));
  ok(JSON.stringify([...Array(1_000).keys()]).length > 1_000);
});

/** Resident kilobytes that stand in files too. */
function filePages(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(/^RssFile:\s+(\d+)/m.exec(status)?.[1]);
}
