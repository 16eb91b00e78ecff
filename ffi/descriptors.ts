/**
 * The descriptors of this process: /proc/self/fd (proc(5)).
 *
 * @module
 */

/** The descriptors that are open, among them that of this listing, which is closed by now. */
export function openDescriptors(): number[] {
  return [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => Number(name));
}

/** What a descriptor leads to, as a link; `undefined` where it is not open. */
export function linkOf(fd: number): string | undefined {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

/**
 * The descriptor that Deno's own event loop waits on, or `undefined`. It is
 * readable while a signal, a socket of Deno's or an answer from another thread
 * waits to be taken up: a hint for `Poll.pause` in poll.ts, nothing to read from.
 */
export function eventLoopDescriptor(): number | undefined {
  return openDescriptors().find((fd) =>
    linkOf(fd) === "anon_inode:[eventpoll]"
  );
}
