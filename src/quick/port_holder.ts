/**
 * Which program has a UDP port, for the message that it is in use.
 *
 * ```text
 * /proc/net/udp, udp6      local port ──▶ inode of the socket
 * /proc/PID/fd/N           "socket:[inode]" ──▶ process
 * /proc/PID/comm           its name
 * ```
 *
 * @module
 */

/**
 * Names the program that has a UDP port bound, as `dnsmasq (process 812)`.
 *
 * @returns undefined where it cannot be found: the socket is the kernel's, or another container's
 */
export function portHolder(port: number): string | undefined {
  const inodes = new Set([
    ...socketInodes("/proc/net/udp", port),
    ...socketInodes("/proc/net/udp6", port),
  ]);
  if (inodes.size === 0) return undefined;
  for (const { name } of Deno.readDirSync("/proc")) {
    if (/^\d+$/.test(name) && holdsSocket(name, inodes)) {
      return `${commandName(name)} (process ${name})`;
    }
  }
  return undefined;
}

/** Inodes of the sockets with this local port, from the kernel's table. */
function socketInodes(table: string, port: number): string[] {
  const suffix = ":" + port.toString(16).toUpperCase().padStart(4, "0");
  return (readText(table) ?? "").split("\n").slice(1).flatMap((line) => {
    // sl local remote state queues timer retransmits uid timeout inode
    const [, local, , , , , , , , inode] = line.trim().split(/\s+/);
    return local?.endsWith(suffix) && inode !== undefined ? [inode] : [];
  });
}

function holdsSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
      const link = Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode !== undefined && inodes.has(inode)) return true;
    }
  } catch {
    // The process ended meanwhile, or closed the descriptor.
  }
  return false;
}

function commandName(pid: string): string {
  return readText(`/proc/${pid}/comm`)?.trim() ?? "a program";
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
