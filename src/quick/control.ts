/**
 * The client's side of the UAPI sockets, /var/run/wireguard/NAME.sock: those of caktus and of
 * any other WireGuard daemon.
 *
 * @module
 */

import { Failure } from "./failure.ts";

const SOCKET_FOLDER = "/var/run/wireguard";

/** Where the socket of an interface is. */
export function socketPath(name: string): string {
  return `${SOCKET_FOLDER}/${name}.sock`;
}

/**
 * Sends one request and returns the whole answer, its blank line included.
 *
 * @throws Deno.errors.NotFound or ConnectionRefused where no daemon listens
 */
export async function request(name: string, text: string): Promise<string> {
  const path = socketPath(name);
  const socket = await Deno.connect({ transport: "unix", path });
  try {
    await writeAll(socket, new TextEncoder().encode(text));
    return await readAnswer(socket, name);
  } finally {
    socket.close();
  }
}

/** Names of the interfaces whose daemons listen, in the order of the folder, as wg(8) lists them. */
export async function liveInterfaces(): Promise<string[]> {
  const names: string[] = [];
  for (const name of socketNames()) {
    if (await listens(name)) names.push(name);
  }
  return names;
}

/** Whether a daemon answers for the interface. */
export async function listens(name: string): Promise<boolean> {
  try {
    const path = socketPath(name);
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    return error instanceof Deno.errors.PermissionDenied;
  }
}

/** Removes the socket that a killed daemon left; one that is served stays. */
export async function removeStaleSocket(name: string): Promise<void> {
  if (await listens(name)) return;
  try {
    Deno.removeSync(socketPath(name));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function socketNames(): string[] {
  try {
    return [...Deno.readDirSync(SOCKET_FOLDER)]
      .map(({ name }) => name)
      .filter((name) => name.endsWith(".sock"))
      .map((name) => name.slice(0, -".sock".length));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function writeAll(socket: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await socket.write(bytes.subarray(at));
  }
}

/** An answer ends with a blank line. */
async function readAnswer(socket: Deno.Conn, name: string): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let answer = "";
  while (!answer.endsWith("\n\n")) {
    const count = await socket.read(buffer);
    if (count === null) {
      throw new Failure(`the daemon of ${name} broke off its answer`);
    }
    answer += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return answer;
}
