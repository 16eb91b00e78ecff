/**
 * Telling another process something by a datagram of the UNIX domain (unix(7)): the service manager, the journal.
 *
 * ```text
 * struct sockaddr_un: 0 family u16 = 1 · 2 path, then a zero
 * abstract, "@name":  0 family u16 = 1 · 2 zero · 3 name, without a zero behind it
 * ```
 *
 * @module
 */

import { O_CLOEXEC } from "./file.ts";
import { libc, succeed } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
/** Bytes of a path, its zero included. */
const LONGEST_PATH = 108;

/**
 * Sends `text`, without waiting for anybody to read it.
 *
 * @param path absolute, or `@name` for one that is no file
 * @throws {SystemError} of call "socket", "connect" or "send"; a RangeError where the path is too long
 */
export function sendDatagram(path: string, text: string): void {
  const name = socketName(path);
  const bytes = new TextEncoder().encode(text);
  const fd = succeed(
    libc.socket(AF_UNIX, SOCK_DGRAM | O_CLOEXEC, 0),
    "socket",
  );
  try {
    succeed(libc.connect(fd, name, name.length), "connect", path);
    succeed(libc.send(fd, bytes, bytes.length, MSG_DONTWAIT), "send", path);
  } finally {
    libc.close(fd);
  }
}

const MSG_DONTWAIT = 0x40;

function socketName(path: string): Uint8Array<ArrayBuffer> {
  const isAbstract = path.startsWith("@");
  const bytes = new TextEncoder().encode(isAbstract ? path.slice(1) : path);
  if (bytes.length + 1 > LONGEST_PATH) throw new RangeError("path too long");
  const name = new Uint8Array(2 + bytes.length + 1);
  new DataView(name.buffer).setUint16(0, AF_UNIX, true);
  name.set(bytes, isAbstract ? 3 : 2);
  return name;
}
