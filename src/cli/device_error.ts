/**
 * Why an interface could not be read or changed: in the words of wg(8), which
 * are those of strerror(3), and with the way out.
 *
 * @module
 */

import {
  EACCES,
  EADDRINUSE,
  EAFNOSUPPORT,
  EBUSY,
  EINTR,
  EINVAL,
  EIO,
  EMSGSIZE,
  ENOBUFS,
  ENODEV,
  ENOENT,
  EOPNOTSUPP,
  EPERM,
  EPROTONOSUPPORT,
} from "../../ffi/errno.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { socketPath } from "../quick/control.ts";
import { Failure } from "../quick/failure.ts";

/** What strerror(3) of glibc says, where a WireGuard interface is asked. */
const REASONS: Readonly<Record<number, string>> = {
  [EPERM]: "Operation not permitted",
  [ENOENT]: "No such file or directory",
  [EINTR]: "Interrupted system call",
  [EIO]: "Input/output error",
  12: "Cannot allocate memory",
  [EACCES]: "Permission denied",
  [EBUSY]: "Device or resource busy",
  [ENODEV]: "No such device",
  [EINVAL]: "Invalid argument",
  34: "Numerical result out of range",
  55: "No anode",
  71: "Protocol error",
  [EMSGSIZE]: "Message too long",
  [EPROTONOSUPPORT]: "Protocol not supported",
  [EOPNOTSUPP]: "Operation not supported",
  [EAFNOSUPPORT]: "Address family not supported by protocol",
  [EADDRINUSE]: "Address already in use",
  [ENOBUFS]: "No buffer space available",
};

/** An interface that could not be read or changed. */
export class DeviceError extends Failure {
  override name = "DeviceError";

  /**
   * @param reason as wg(8) would say it: "No such device"
   * @param hint the way out; "" where there is none to offer
   */
  constructor(readonly reason: string, hint = "", cause?: unknown) {
    super(reason, { hint, cause });
  }
}

/** What strerror(3) says of a number, positive or as a daemon sends it, negative. */
export function reasonOf(errno: number): string {
  const number = Math.abs(errno);
  return REASONS[number] ?? `Unknown error ${number}`;
}

/** No daemon and no kernel knows the interface. */
export function noSuchDevice(name: string): DeviceError {
  const hint = `what there is: caktus show interfaces`;
  return new DeviceError(reasonOf(ENODEV), hint, name);
}

/**
 * What an error of the kernel or of a daemon's socket means.
 *
 * @param kind of the link of this name; undefined for hardware
 */
export function deviceErrorOf(
  error: unknown,
  name: string,
  kind?: string,
): DeviceError {
  if (error instanceof DeviceError) return error;
  if (error instanceof Deno.errors.PermissionDenied) {
    return new DeviceError(reasonOf(EACCES), ROOT, error);
  }
  if (!(error instanceof SystemError)) {
    const words = error instanceof Error ? error.message : String(error);
    return new DeviceError(words, "", error);
  }
  if (error.errno === ENODEV) return noSuchDevice(name);
  return new DeviceError(
    reasonOf(error.errno),
    hintOf(error, name, kind),
    error,
  );
}

const ROOT = "this needs root, as with sudo";

function hintOf(error: SystemError, name: string, kind?: string): string {
  switch (error.errno) {
    case EPERM:
      return ROOT;
    case EPROTONOSUPPORT:
      return `${name} is of the kernel's WireGuard, but its module cannot be asked: modprobe wireguard`;
    case EOPNOTSUPP:
      return kind === "tun"
        ? `${name} is a TUN device, and no daemon listens at ${
          socketPath(name)
        }`
        : `${name} is no WireGuard interface${
          kind ? `: it is of kind ${kind}` : ""
        }`;
    default:
      return error.message;
  }
}
