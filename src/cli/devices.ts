/**
 * The one door to any WireGuard interface: Caktus's, another daemon's, the
 * kernel's own.
 *
 * ```text
 *                  ┌─ /var/run/wireguard/NAME.sock   a daemon: UAPI
 * get, set NAME ───┤
 *                  └─ link of kind "wireguard"       the kernel: generic netlink
 * ```
 *
 * As with wg(8), the socket counts where there are both.
 *
 * @module
 */

import { EADDRINUSE, EOPNOTSUPP } from "../../ffi/errno.ts";
import { SystemError } from "../../ffi/system_error.ts";
import type { DeviceChange, DeviceStatus } from "../config/config.ts";
import { parseGet } from "../config/uapi_get.ts";
import { formatSet } from "../config/uapi_set.ts";
import { liveInterfaces, request } from "../quick/control.ts";
import { portHolder } from "../quick/port_holder.ts";
import { scopeOf } from "../quick/scopes.ts";
import {
  DeviceError,
  deviceErrorOf,
  noSuchDevice,
  reasonOf,
} from "./device_error.ts";
import { publicKeyOf } from "./keys.ts";

export { DeviceError };

/** Names that a link can have, and so a socket too. */
const POSSIBLE_NAME = /^[^/\s]{1,15}$/;

/** All WireGuard interfaces: first the kernel's, then those of daemons, as wg(8) lists them. */
export async function wireguardInterfaces(): Promise<string[]> {
  const ofKernel = await kernelInterfaces();
  const ofDaemons = await liveInterfaces();
  return [...ofKernel, ...ofDaemons.filter((name) => !ofKernel.includes(name))];
}

/** What an interface is, its public key included. @throws DeviceError */
export async function getDevice(name: string): Promise<DeviceStatus> {
  return await ask(name, "get=1\n\n", readStatus, async () => {
    const { getKernelDevice } = await import("../driver/kernel_device.ts");
    return getKernelDevice(name);
  });
}

/** Changes an interface. @throws DeviceError; what failed midway stays half made */
export async function setDevice(
  name: string,
  change: DeviceChange,
): Promise<void> {
  try {
    await ask(name, formatSet(change), checkAnswer, async () => {
      const { setKernelDevice } = await import("../driver/kernel_device.ts");
      setKernelDevice(name, change);
    });
  } catch (error) {
    throw withPortHolder(error, change.listenPort);
  }
}

/** Asks the daemon, or where there is none the kernel. */
async function ask<T>(
  name: string,
  text: string,
  read: (answer: string, name: string) => T,
  askKernel: () => Promise<T>,
): Promise<T> {
  if (!POSSIBLE_NAME.test(name)) throw noSuchDevice(name);
  try {
    const answer = await answerOf(name, text);
    return answer === undefined ? await askKernel() : read(answer, name);
  } catch (error) {
    throw deviceErrorOf(error, name, await kindOf(error, name));
  }
}

/** What the daemon says; undefined where none listens. */
async function answerOf(
  name: string,
  text: string,
): Promise<string | undefined> {
  try {
    return await request(name, text);
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.ConnectionRefused
    ) return undefined;
    throw error;
  }
}

function readStatus(answer: string, name: string): DeviceStatus {
  const status = parseGet(answer, { source: name, scopeOf });
  const { privateKey } = status;
  return privateKey
    ? { ...status, publicKey: publicKeyOf(privateKey) }
    : status;
}

function checkAnswer(answer: string): void {
  const found = /^errno=(-?\d+)$/m.exec(answer)?.[1];
  const errno = found === undefined ? EPROTO : Number(found);
  if (errno !== 0) throw new DeviceError(reasonOf(errno));
}

const EPROTO = 71;

/** A taken port is named, and who has it. */
function withPortHolder(error: unknown, port: number | undefined): unknown {
  if (!(error instanceof DeviceError) || !port) return error;
  if (error.reason !== reasonOf(EADDRINUSE)) return error;
  const holder = portHolder(port) ?? "another interface or program";
  const hint = `UDP port ${port} is in use by ${holder}`;
  return new DeviceError(error.reason, hint, error);
}

/** The kind of a link that turned out to be no WireGuard interface. */
async function kindOf(
  error: unknown,
  name: string,
): Promise<string | undefined> {
  if (!(error instanceof SystemError) || error.errno !== EOPNOTSUPP) {
    return undefined;
  }
  const { linkNamed } = await import("../driver/kernel_device.ts");
  return linkNamed(name)?.kind;
}

/** Without the kernel's module there is none, and asking would cost the loading of the C library. */
async function kernelInterfaces(): Promise<string[]> {
  if (exists("/sys/module") && !exists("/sys/module/wireguard")) return [];
  const { kernelInterfaces } = await import("../driver/kernel_device.ts");
  return kernelInterfaces();
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
