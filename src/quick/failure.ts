/**
 * What stops `up` or `down`, in words for the person who typed it.
 *
 * ```text
 * caktus: wg0 exists already                      message: lower-case, no period
 *   take it down first: caktus down wg0           hint: the way out, on its own line
 * ```
 *
 * @module
 */

/** What went wrong and the way out. Only cli/ prints it. */
export class Failure extends Error {
  override name = "Failure";
  /** Exit status of the program. */
  readonly status: number;
  /** The way out: a command to type or a thing to change; "" where there is none to offer. */
  readonly hint: string;

  constructor(
    message: string,
    options: { hint?: string; status?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.hint = options.hint ?? "";
    this.status = options.status ?? 1;
  }
}

/** The words of any error: its message, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
