/**
 * The process behind an interface: it makes the TUN device, answers the UAPI
 * socket, and carries packets until the interface or the socket's file goes, or
 * a signal comes.
 *
 * It does what wireguard-go does and no more: addresses, routes and hooks are
 * `up`'s. Whether the device is up is what the kernel says of the link.
 *
 * @module
 */

import { EAFNOSUPPORT } from "../../ffi/errno.ts";
import { FileWatch } from "../../ffi/inotify.ts";
import { SystemError } from "../../ffi/libc.ts";
import { type Link, linkByIndex, setLink } from "../../ffi/link.ts";
import {
  forbidDumps,
  newSession,
  redirectStandardStreams,
} from "../../ffi/process.ts";
import { RouteMonitor } from "../../ffi/route_monitor.ts";
import { Tun } from "../../ffi/tun.ts";
import { Control } from "./control.ts";
import { ControlSocket } from "./control_socket.ts";
import { DEFAULT_MTU, Tunnel } from "./tunnel.ts";

/**
 * Runs the tunnel `name` until it ends. Says `ready NAME` on standard output
 * once the interface and its socket are there, and lets go of the caller's
 * terminal.
 *
 * @returns the exit status
 * @throws {SystemError} if the device cannot be made
 */
export async function runDaemon(name: string): Promise<number> {
  newSession();
  forbidDumps();
  const tun = Tun.open(name);
  prepareLink(tun);
  const tunnel = new Tunnel(tun);
  const socket = await ControlSocket.open(tun.name);
  watchLink(tunnel);
  watchSocket(tunnel, socket);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => tunnel.stop());
  }
  new Control(socket.listener, tunnel).serve().catch(() => tunnel.stop());
  Deno.stdout.writeSync(new TextEncoder().encode(`ready ${tun.name}\n`));
  redirectStandardStreams("/dev/null");
  try {
    await tunnel.run();
  } catch (error) {
    // The device was deleted under us: that is how wg-quick ends a userspace tunnel.
    if (!(error instanceof SystemError)) throw error;
  } finally {
    socket.remove();
  }
  return 0;
}

/** No link-local address of the kernel's making: it would solicit routers and wake an idle tunnel. */
function prepareLink(tun: Tun): void {
  try {
    setLink(tun.index, { mtu: DEFAULT_MTU, addressGenerationNone: true });
  } catch (error) {
    const noIPv6 = error instanceof SystemError && error.errno === EAFNOSUPPORT;
    if (!noIPv6) throw error;
    setLink(tun.index, { mtu: DEFAULT_MTU });
  }
}

/** Follows the link's state and MTU, and forgets local addresses that may have gone. */
function watchLink(tunnel: Tunnel): void {
  const monitor = new RouteMonitor();
  const { index } = tunnel.tun;
  follow(tunnel, linkByIndex(index));
  tunnel.watch({
    fd: monitor.fd,
    ready: () => {
      const changes = monitor.drain();
      if (changes.addresses || changes.routes) tunnel.forgetPaths();
      if (changes.lost) follow(tunnel, linkByIndex(index));
      for (const link of changes.links) {
        if (link.index === index) {
          follow(tunnel, link.deleted ? undefined : link);
        }
      }
    },
  });
}

function follow(tunnel: Tunnel, link: Link | undefined): void {
  if (link === undefined) return tunnel.stop();
  tunnel.setMtu(link.mtu);
  if (link.up) tunnel.up();
  else tunnel.down();
}

/** Whoever removes the socket's file ends the tunnel, as with wireguard-go. */
function watchSocket(tunnel: Tunnel, socket: ControlSocket): void {
  const watch = new FileWatch(socket.path);
  tunnel.watch({
    fd: watch.fd,
    ready: () => {
      if (watch.gone()) tunnel.stop();
    },
  });
}
