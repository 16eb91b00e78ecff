/**
 * One `up` or `down` at a time for each interface: a lock on /run/caktus/NAME.lock.
 *
 * The kernel gives the lock back when its holder ends, however it ends. The file
 * says who holds it, and is never removed: another process may wait for it.
 *
 * @module
 */

import { Failure } from "./failure.ts";

/**
 * Held while tables and priorities are chosen and taken, or what tunnels share is put back. No
 * interface has such a name, and no hook runs meanwhile.
 */
export const ROUTING_LOCK = "#routing";

/** Looks for the holder's name, and milliseconds between two. */
const ATTEMPTS = 10, PAUSE = 20;

/**
 * Runs `work` while holding the lock of an interface.
 *
 * @throws Failure where another process holds it; nothing was done then
 */
export async function withLock<T>(
  folder: string,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  using file = openLock(folder, name);
  if (!file.tryLockSync(true)) {
    const holder = await readHolder(folder, name);
    throw new Failure(`another caktus${holder} is at work on ${name}`, {
      hint: "wait until it has ended, then look: caktus show",
    });
  }
  return await hold(file, work);
}

/** The same, but waits for whoever holds the lock. */
export async function waitForLock<T>(
  folder: string,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  using file = openLock(folder, name);
  await file.lock(true);
  return await hold(file, work);
}

/** Whether a process is at work on an interface; one that begins this very moment may not be seen yet. */
export function isBusy(folder: string, name: string): boolean {
  try {
    const pid = Deno.readTextFileSync(lockPath(folder, name)).trim();
    return pid !== "" && Deno.statSync(`/proc/${pid}`).isDirectory;
  } catch {
    return false;
  }
}

function openLock(folder: string, name: string): Deno.FsFile {
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  return Deno.openSync(lockPath(folder, name), {
    read: true,
    write: true,
    create: true,
    mode: 0o600,
  });
}

/** Does the work with our name in the file, where no name is left behind for the next one to be taken for us. */
async function hold<T>(
  file: Deno.FsFile,
  work: () => Promise<T>,
): Promise<T> {
  file.truncateSync();
  file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
  try {
    return await work();
  } finally {
    file.truncateSync();
  }
}

/** Who holds the lock, as far as it says so: it may have taken it this very moment. */
async function readHolder(folder: string, name: string): Promise<string> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const pid = Deno.readTextFileSync(lockPath(folder, name)).trim();
    if (pid !== "") return ` (process ${pid})`;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  return "";
}

function lockPath(folder: string, name: string): string {
  return `${folder}/${name}.lock`;
}
