/**
 * The file of the UAPI socket: made for its owner alone, taken over where its
 * daemon is dead, and removed only while it is still ours.
 *
 * @module
 */

/** Where wg(8) looks for the sockets of userspace tunnels. */
const FOLDER = "/var/run/wireguard";

/** A listening UAPI socket. */
export class ControlSocket {
  readonly path: string;
  readonly listener: Deno.UnixListener;
  #inode: number | null;

  private constructor(path: string, listener: Deno.UnixListener) {
    this.path = path;
    this.listener = listener;
    this.#inode = Deno.lstatSync(path).ino;
  }

  /**
   * Listens for requests to the interface `name`.
   *
   * @throws {Deno.errors.AddrInUse} if another daemon answers there
   */
  static async open(name: string): Promise<ControlSocket> {
    const path = `${FOLDER}/${name}.sock`;
    Deno.mkdirSync(FOLDER, { recursive: true, mode: 0o755 });
    if (!await isAnswered(path)) removeIfThere(path);
    const umask = Deno.umask(0o177);
    try {
      return new ControlSocket(path, Deno.listen({ transport: "unix", path }));
    } finally {
      Deno.umask(umask);
    }
  }

  /** Whether the path still leads to this socket. */
  get isOurs(): boolean {
    try {
      return Deno.lstatSync(this.path).ino === this.#inode;
    } catch {
      return false;
    }
  }

  /** Removes the file, unless a successor's stands in its place. */
  remove(): void {
    if (this.isOurs) removeIfThere(this.path);
  }
}

/** Whether a living daemon listens at `path`. */
async function isAnswered(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch {
    return false;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
