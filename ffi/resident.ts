/**
 * Memory of this process that need not stay resident.
 *
 * The program's file is 90 MB of code and constants. The kernel maps what is
 * touched of it, 64 KiB at a time, and the start of the runtime and the
 * compiler touch far more than a running tunnel does. Unmapped, such pages are
 * still in the kernel's cache; but now it may drop them without asking, and
 * what is touched again is mapped again in a microsecond.
 *
 * ```text
 * 55e3cca09000-55e3cefbc000 r--p … /usr/bin/caktus    constants
 * 55e3cefbc000-55e3d2481000 r-xp … /usr/bin/caktus    code
 * 55e3d2481000-55e3d2669000 r--p … /usr/bin/caktus    relocated: has pages of its own, stays
 * 55e3d2669000-55e3d2690000 rw-p … /usr/bin/caktus    stays
 * ```
 *
 * @module
 */

import { libc } from "./libc.ts";

const MADV_DONTNEED = 4;
/** Bytes below which a mapping is left alone: a call for each would cost more than it gives. */
const LEAST = 0x80000;
/** Bytes by which the loader may shift a part of a file against the one before, at most. */
const MOST_SHIFT = 0x100000;
/** The first line of a private mapping of a file: from, to, permissions, offset, path. */
const HEAD =
  /^([0-9a-f]+)-([0-9a-f]+) (..[-x]p) ([0-9a-f]+) \S+ [1-9]\d* +(\/.*)$/m;
const CHANGED = /^(?:Anonymous|Swap): +[1-9]/m;
const UNCHANGED = /^Anonymous: +0 kB$/m;

/** A range of addresses. */
export interface Range {
  readonly address: number;
  readonly length: number;
}

/**
 * The large mappings that hold nothing but what stands in a file: read-only, so
 * nobody can change them, and without a page that differs from the file's, be
 * it resident or swapped out. They are those of the program and its libraries
 * where the loader put them, and stay there to the end. What V8 maps of the
 * program a second time is left alone: it may go, and something else come to
 * its place.
 *
 * @param smaps what /proc/PID/smaps says (proc_pid_smaps(5))
 */
export function fileMappings(smaps: string): Range[] {
  const ranges: Range[] = [];
  /** Where each file begins in memory. */
  const starts = new Map<string, number>();
  // Each mapping's last line is "VmFlags: …".
  for (const mapping of smaps.split(/^VmFlags:.*\n/m)) {
    const head = HEAD.exec(mapping);
    if (head === null) continue;
    const [from, to, offset] = [head[1]!, head[2]!, head[4]!]
      .map((digits) => parseInt(digits, 16)) as [number, number, number];
    const path = head[5]!;
    if (offset === 0) starts.set(path, from);
    const shift = from - offset - (starts.get(path) ?? Infinity);
    if (Math.abs(shift) > MOST_SHIFT || !head[3]!.startsWith("r-")) continue;
    if (CHANGED.test(mapping) || !UNCHANGED.test(mapping)) continue;
    if (to - from >= LEAST) ranges.push({ address: from, length: to - from });
  }
  return ranges;
}

/** This process's {@linkcode fileMappings}; none where the kernel does not tell. */
export async function ownFileMappings(): Promise<Range[]> {
  try {
    return fileMappings(await Deno.readTextFile("/proc/self/smaps"));
  } catch {
    return [];
  }
}

/**
 * Gives back the pages of `mappings`, and what the C library keeps of freed
 * memory. Other threads do it, while this one runs on.
 */
export async function giveBack(mappings: readonly Range[]): Promise<void> {
  for (const { address, length } of mappings) {
    await libc.madvise(address, length, MADV_DONTNEED);
  }
  await libc.malloc_trim(0);
}
