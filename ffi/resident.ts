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

/** A range of addresses. */
export interface Range {
  readonly address: number;
  readonly length: number;
}

/**
 * The large mappings that hold nothing but what stands in a file: read-only, so
 * nobody can change them, and without a page that differs from the file's. They
 * are those of the program and its libraries, and stay where they are.
 *
 * @param smaps what /proc/PID/smaps says (proc_pid_smaps(5))
 */
export function fileMappings(smaps: string): Range[] {
  const ranges: Range[] = [];
  // Each mapping's last line is "VmFlags: …".
  for (const mapping of smaps.split(/^VmFlags:.*\n/m)) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) r-[-x]p [0-9a-f]+ \S+ [1-9]\d* +\//m
      .exec(
        mapping,
      );
    if (head === null || !/^Anonymous: +0 kB$/m.test(mapping)) continue;
    const address = parseInt(head[1]!, 16);
    const length = parseInt(head[2]!, 16) - address;
    if (length >= LEAST) ranges.push({ address, length });
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
