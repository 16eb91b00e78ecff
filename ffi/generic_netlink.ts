/**
 * Generic netlink: parts of the kernel that are asked by name, such as
 * "wireguard" (genetlink.h).
 *
 * ```text
 * name ──CTRL_CMD_GETFAMILY──▶ the number that the kernel gave this family
 * message of that type:  struct genlmsghdr, then attributes
 *                        0 command u8 · 1 version u8 · 2 zeros
 * ```
 *
 * @module
 */

import { ENOENT } from "./errno.ts";
import { cString } from "./memory.ts";
import { Netlink } from "./netlink.ts";
import { attribute, decodeAttributes, viewOf } from "./netlink_message.ts";
import { SystemError } from "./system_error.ts";

const NETLINK_GENERIC = 16;
const HEAD_LENGTH = 4;

/** The family that knows the others. */
const GENL_ID_CTRL = 16;
const CTRL_VERSION = 2;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;

/** One family, and the socket to talk to it. */
export class GenericFamily implements Disposable {
  readonly #socket: Netlink;
  readonly #type: number;
  readonly #version: number;

  private constructor(socket: Netlink, type: number, version: number) {
    this.#socket = socket;
    this.#type = type;
    this.#version = version;
  }

  /**
   * Opens a family. The kernel loads its module if it may.
   *
   * @param version of the family's messages
   * @returns undefined where the kernel has none of this name
   * @throws {SystemError} of call "socket", "bind" or "CTRL_CMD_GETFAMILY"
   */
  static open(name: string, version: number): GenericFamily | undefined {
    const socket = new Netlink(NETLINK_GENERIC);
    const type = lookUp(socket, name);
    if (type !== undefined) return new GenericFamily(socket, type, version);
    socket[Symbol.dispose]();
    return undefined;
  }

  /**
   * Asks for a change and waits until it is made.
   *
   * @param call what it is, for the error: "WG_CMD_SET_DEVICE"
   * @throws {SystemError} of call `call`, with the kernel's own sentence
   */
  change(call: string, command: number, ...attributes: Uint8Array[]): void {
    const head = genericHead(command, this.#version);
    this.#socket.change(call, this.#type, 0, head, ...attributes);
  }

  /**
   * Asks for everything. A dump that changed under way is made again.
   *
   * @returns the attributes of each part of the answer, copies
   * @throws {SystemError} as {@linkcode change}; EINTR if it changes all the while
   */
  dump(
    call: string,
    command: number,
    ...attributes: Uint8Array[]
  ): Uint8Array[] {
    const head = genericHead(command, this.#version);
    return this.#socket.dump(call, this.#type, head, ...attributes)
      .map((body) => body.subarray(HEAD_LENGTH));
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

function lookUp(socket: Netlink, name: string): number | undefined {
  let answer: Uint8Array;
  try {
    answer = socket.get(
      "CTRL_CMD_GETFAMILY",
      GENL_ID_CTRL,
      genericHead(CTRL_CMD_GETFAMILY, CTRL_VERSION),
      attribute(CTRL_ATTR_FAMILY_NAME, cString(name)),
    );
  } catch (error) {
    if (error instanceof SystemError && error.errno === ENOENT) {
      return undefined;
    }
    throw error;
  }
  const found = decodeAttributes(answer.subarray(HEAD_LENGTH))
    .get(CTRL_ATTR_FAMILY_ID);
  return found === undefined ? undefined : viewOf(found).getUint16(0, true);
}

function genericHead(command: number, version: number): Uint8Array {
  return new Uint8Array([command, version, 0, 0]);
}
