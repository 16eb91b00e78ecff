/**
 * How the process behind an interface is started, if not as `up` does it.
 *
 * @module
 */

/** Everything may be left out. */
export interface DaemonOptions {
  /** It keeps its caller's terminal, and logs to standard output. */
  readonly foreground?: boolean;
  /** Descriptor of a TUN device that is open already, whose name then counts. */
  readonly tun?: number;
  /** Descriptor of a UNIX socket that listens already. */
  readonly uapi?: number;
  /** Descriptor that the log's lines are written to besides the file. */
  readonly log?: number;
  /** What is logged: nothing, what goes wrong (else), or also what happens. */
  readonly level?: "silent" | "error" | "verbose";
  /** Whether the caller's standard output gets the log, also from the background. */
  readonly speaks?: boolean;
}
