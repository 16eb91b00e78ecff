/**
 * A sandbox in which a daemon has made the interface wg0, and nobody answers for host names.
 *
 * @module
 */

import { cached } from "../interop/install.ts";
import { CAKTUS, FILES, Sandbox } from "../quick/sandbox.ts";

/** Daemons that serve an interface. */
export const DAEMONS = ["wireguard-go", "caktus"] as const;
export type Daemon = typeof DAEMONS[number];

function startCommand(daemon: Daemon): string {
  if (daemon === "caktus") return `${CAKTUS} daemon wg0`;
  const path = cached("wireguard-go");
  if (path === undefined) {
    throw new Error("needs wireguard-go: deno task test installs it");
  }
  return `WG_PROCESS_FOREGROUND=1 ${path} -f wg0`;
}

/** Makes the sandbox, with files by their names in its folder. */
export async function boxWithDaemon(
  daemon: Daemon,
  files: Record<string, string>,
): Promise<Sandbox> {
  const box = await Sandbox.create();
  for (const [name, text] of Object.entries(files)) await box.write(name, text);
  const { status, stdout, stderr } = await box.run(`cd ${FILES}
    echo 127.0.0.1 localhost localhost4 > hosts; mount --bind hosts /etc/hosts
    echo hosts: files > nsswitch; mount --bind nsswitch /etc/nsswitch.conf
    ${startCommand(daemon)} > daemon.log 2>&1 < /dev/null &
    for i in $(seq 250); do wg show wg0 > /dev/null 2>&1 && exit; sleep 0.02; done
    cat daemon.log; exit 1`);
  if (status !== 0) {
    await box[Symbol.asyncDispose]();
    throw new Error(`${daemon} does not start: ${stdout}${stderr}`);
  }
  return box;
}
