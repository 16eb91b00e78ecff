/**
 * Linux's own WireGuard interfaces: which there are, what they are, and
 * changing them, over generic netlink.
 *
 * Only root may read one, for its private key stands in the answer.
 *
 * @module
 */

import {
  EINVAL,
  ENODEV,
  EOPNOTSUPP,
  EPROTONOSUPPORT,
} from "../../ffi/errno.ts";
import { GenericFamily } from "../../ffi/generic_netlink.ts";
import { type Link, linkByName, links } from "../../ffi/link.ts";
import { cString } from "../../ffi/memory.ts";
import { attribute } from "../../ffi/netlink_message.ts";
import { SystemError } from "../../ffi/system_error.ts";
import type { DeviceChange, DeviceStatus } from "../config/config.ts";
import {
  DEVICE,
  FAMILY_NAME,
  FAMILY_VERSION,
  WG_CMD_GET_DEVICE,
  WG_CMD_SET_DEVICE,
} from "./kernel_attributes.ts";
import { decodeDevice } from "./kernel_get.ts";
import { hasRemovals, withoutRemovals } from "./kernel_removal.ts";
import { encodeChange } from "./kernel_set.ts";

const GET = "WG_CMD_GET_DEVICE";
const SET = "WG_CMD_SET_DEVICE";

/** Names of the interfaces of kind "wireguard", in the kernel's order. @throws {SystemError} */
export function kernelInterfaces(): string[] {
  return links().filter(({ kind }) => kind === FAMILY_NAME)
    .map(({ name }) => name);
}

/** The interface of this name, of whatever kind; undefined where there is none. @throws {SystemError} */
export function linkNamed(name: string): Link | undefined {
  // The kernel would call a longer name out of range.
  return cString(name).length <= 16 ? linkByName(name) : undefined;
}

/**
 * What an interface is, its public key included.
 *
 * @throws {SystemError} ENODEV where it is not there, EOPNOTSUPP where it is no
 * WireGuard interface of the kernel, EPERM without CAP_NET_ADMIN
 */
export function getKernelDevice(name: string): DeviceStatus {
  using family = familyFor(GET, name);
  return decodeDevice(
    family.dump(GET, WG_CMD_GET_DEVICE, attribute(DEVICE.name, cString(name))),
  );
}

/**
 * Changes an interface. A change too long for one message is made part by part,
 * so that others may see it half made, and what failed midway stays so.
 *
 * @throws {SystemError} as {@linkcode getKernelDevice}; EADDRINUSE where the port is taken
 */
export function setKernelDevice(name: string, change: DeviceChange): void {
  using family = familyFor(SET, name);
  const send = (made: DeviceChange) => {
    for (const attributes of encodeChange(name, made)) {
      family.change(SET, WG_CMD_SET_DEVICE, ...attributes);
    }
  };
  if (!hasRemovals(change)) return send(change);
  try {
    send(change);
  } catch (error) {
    // Older kernels do not know the flag of a prefix, and refuse it.
    if (!(error instanceof SystemError) || error.errno !== EINVAL) throw error;
    send(withoutRemovals(change, getKernelDevice(name)));
  }
}

/** Looking at the link first keeps the kernel from loading WireGuard only to say that there is no such interface. */
function familyFor(call: string, name: string): GenericFamily {
  const link = linkNamed(name);
  if (link === undefined) throw new SystemError(call, ENODEV, name);
  if (link.kind !== FAMILY_NAME) throw new SystemError(call, EOPNOTSUPP, name);
  const family = GenericFamily.open(FAMILY_NAME, FAMILY_VERSION);
  if (family === undefined) throw new SystemError(call, EPROTONOSUPPORT, name);
  return family;
}
