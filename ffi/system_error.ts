/**
 * A system call that failed, told without loading the C library.
 *
 * @module
 */

import { errnoName, errnoText } from "./errno.ts";

/** A system call that failed. */
export class SystemError extends Error {
  override name = "SystemError";
  /** The name of `errno`, such as "EADDRINUSE". */
  readonly code: string;

  /**
   * @param call the call that failed, such as "bind"
   * @param errno why, as a positive number
   * @param detail what was attempted, or the kernel's own sentence
   */
  constructor(readonly call: string, readonly errno: number, detail = "") {
    const about = detail === "" ? "" : ` (${detail})`;
    super(`${call}: ${errnoText(errno)}${about}`);
    this.code = errnoName(errno);
  }
}
