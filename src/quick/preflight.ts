/**
 * What is looked at before anything is done, so that what cannot work is said in one line.
 *
 * @module
 */

import { CAP_NET_ADMIN, hasCapability } from "../../ffi/capabilities.ts";
import { Failure } from "./failure.ts";
import type { Report } from "./machine.ts";

const TUN_DEVICE = "/dev/net/tun";
const GROUP_READS = 0o040;
const GROUP_ENTERS = 0o010;
const OTHERS_READ = 0o004;
const OTHERS_ENTER = 0o001;

/**
 * Refuses to go on where the kernel would refuse later.
 *
 * @param again what to type as root, such as `caktus up wg0`
 * @throws Failure
 */
export function checkPrivileges(again: string): void {
  if (hasCapability(CAP_NET_ADMIN)) return;
  if (Deno.uid() !== 0) {
    throw new Failure("only root may change network interfaces", {
      hint: `run it as root: sudo ${again}`,
    });
  }
  throw new Failure("this container may not change network interfaces", {
    hint: "start it with --cap-add NET_ADMIN --device /dev/net/tun",
  });
}

/** @throws Failure where the TUN device is missing */
export function checkTunDevice(): void {
  try {
    Deno.statSync(TUN_DEVICE);
  } catch {
    throw new Failure(`${TUN_DEVICE} is missing`, {
      hint:
        `load the module: modprobe tun (in a container: start it with --device ${TUN_DEVICE} --cap-add NET_ADMIN)`,
    });
  }
}

/** Warns where other users can read the keys in a file. */
export function warnOfReaders(file: string, report: Report): void {
  const folder = file.slice(0, file.lastIndexOf("/") + 1);
  const mode = Deno.statSync(file).mode ?? 0;
  const folderMode = Deno.statSync(folder).mode ?? 0;
  const group = (mode & GROUP_READS) !== 0 && (folderMode & GROUP_ENTERS) !== 0;
  const others = (mode & OTHERS_READ) !== 0 &&
    (folderMode & OTHERS_ENTER) !== 0;
  if (!group && !others) return;
  report.warn(
    `${file} can be read by others, and it holds a private key`,
    `chmod 600 ${file}`,
  );
}
