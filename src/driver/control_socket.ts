/**
 * The file of the UAPI socket: made for its owner alone, taken over where its
 * daemon is dead, and removed only while it is still ours.
 *
 * @module
 */

import { GivenListener } from "../../ffi/unix_listener.ts";
import type { Connection } from "./client.ts";

/** Takes connections. */
export interface Listener {
  accept(): Promise<Connection>;
}

/** Where wg(8) looks for the sockets of userspace tunnels. */
const FOLDER = "/var/run/wireguard";

/** A listening UAPI socket. */
export class ControlSocket {
  readonly path: string;
  readonly listener: Listener;
  #inode: number | null | undefined;

  private constructor(path: string, listener: Listener) {
    this.path = path;
    this.listener = listener;
    this.#inode = inodeOf(path);
  }

  /** Takes over a socket that listens already, wherever its file is. @throws {SystemError} if it does not */
  static adopt(fd: number, name: string): ControlSocket {
    return new ControlSocket(`${FOLDER}/${name}.sock`, new GivenListener(fd));
  }

  /**
   * Listens for requests to the interface `name`.
   *
   * @throws {Error} if another daemon answers there
   */
  static async open(name: string): Promise<ControlSocket> {
    const path = `${FOLDER}/${name}.sock`;
    withMask(
      0o022,
      () => Deno.mkdirSync(FOLDER, { recursive: true, mode: 0o755 }),
    );
    if (await isStale(path)) removeIfThere(path);
    try {
      const listener = withMask(
        0o177,
        () => Deno.listen({ transport: "unix", path }),
      );
      return new ControlSocket(path, listener);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
      throw new Error(`${path} is served by another process`);
    }
  }

  /** Whether the path still leads to this socket. */
  get isOurs(): boolean {
    const inode = inodeOf(this.path);
    return inode !== undefined && inode === this.#inode;
  }

  /** Removes the file, unless a successor's stands in its place. */
  remove(): void {
    if (this.isOurs) removeIfThere(this.path);
  }
}

function inodeOf(path: string): number | null | undefined {
  try {
    return Deno.lstatSync(path).ino;
  } catch {
    return undefined;
  }
}

/** Whether the socket at `path` is one that nobody listens on any more. */
async function isStale(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused;
  }
}

/** Makes a file from whose permissions exactly `mask` is taken, whatever the caller's mask. */
function withMask<T>(mask: number, make: () => T): T {
  const former = Deno.umask(mask);
  try {
    return make();
  } finally {
    Deno.umask(former);
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
