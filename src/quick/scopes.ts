/**
 * Interfaces' names and indexes, for the zones of link-local endpoints (`fe80::1%eth0`).
 *
 * @module
 */

/** Index of an interface that has an IPv6 address; undefined where there is none. */
export function scopeOf(name: string): number | undefined {
  return scopes().find((scope) => scope.name === name)?.index;
}

/** Name of an interface that has an IPv6 address; undefined where there is none. */
export function scopeName(index: number): string | undefined {
  return scopes().find((scope) => scope.index === index)?.name;
}

/** /proc/net/if_inet6: address, index, prefix length, scope and flags in hex, then the name. */
function scopes(): { name: string; index: number }[] {
  let text: string;
  try {
    text = Deno.readTextFileSync("/proc/net/if_inet6");
  } catch {
    return []; // A kernel without IPv6.
  }
  return text.trim().split("\n").flatMap((line) => {
    const [, index, , , , name] = line.split(/\s+/);
    return index !== undefined && name !== undefined
      ? [{ name, index: parseInt(index, 16) }]
      : [];
  });
}
