/** Memory of this process that is given back to the kernel. */

import { deepStrictEqual, ok } from "node:assert";
import { fileMappings, giveBack, ownFileMappings } from "../../ffi/resident.ts";

/** One mapping as /proc/PID/smaps has it. */
function mapping(head: string, anonymous = 0, swapped = 0): string {
  const kilobytes = (number: number) => `${String(number).padStart(8)} kB`;
  return `${head}
Size:               1024 kB
Rss:                1024 kB
Anonymous:      ${kilobytes(anonymous)}
AnonHugePages:         0 kB
Swap:           ${kilobytes(swapped)}
VmFlags: rd mr mw me
`;
}

const PLACE = "fe:00 4711                         /usr/bin/caktus";
const CONSTANTS = mapping(`10000000-12000000 r--p 00000000 ${PLACE}`);
const CODE = mapping(`12001000-14001000 r-xp 02000000 ${PLACE}`);

Deno.test("fileMappings() takes what nobody can change and nobody has changed", () => {
  const left = [
    mapping(`14002000-15002000 r--p 04000000 ${PLACE}`, 4),
    mapping(`14002000-15002000 r--p 04000000 ${PLACE}`, 0, 4),
    mapping(`14002000-15002000 rw-p 04000000 ${PLACE}`),
    mapping(`14002000-15002000 rwxp 04000000 ${PLACE}`),
    mapping(`14002000-15002000 ---p 04000000 ${PLACE}`),
    mapping(`14002000-15002000 r--s 04000000 ${PLACE}`),
    mapping(`14002000-14012000 r-xp 04000000 ${PLACE}`),
    mapping("14002000-15002000 r--p 00000000 00:00 0 "),
    mapping("14002000-15002000 r-xp 00000000 00:00 0                [vdso]"),
  ];
  for (const text of left) {
    deepStrictEqual(fileMappings(CONSTANTS + CODE + text), [
      { address: 0x10000000, length: 0x2000000 },
      { address: 0x12001000, length: 0x2000000 },
    ], text);
  }
  deepStrictEqual(fileMappings(""), []);
});

Deno.test("fileMappings() leaves alone what is not where the loader put it", () => {
  const second = mapping(`7fe5a3dc0000-7fe5a3fd9000 r-xp 02c00000 ${PLACE}`);
  const other = mapping(`12001000-14001000 r-xp 02000000 ${PLACE}-other`);
  const before = mapping(`8000000-9000000 r-xp 02c00000 ${PLACE}`);
  const taken = [{ address: 0x10000000, length: 0x2000000 }];
  for (
    const text of [before + CONSTANTS, CONSTANTS + other, CONSTANTS + second]
  ) {
    deepStrictEqual(fileMappings(text), taken, text);
  }
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
