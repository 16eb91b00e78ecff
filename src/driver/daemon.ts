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

import { EAFNOSUPPORT, EBADFD, EPERM } from "../../ffi/errno.ts";
import { ClockWatch } from "../../ffi/clock_watch.ts";
import { writeFully } from "../../ffi/file.ts";
import { FileWatch } from "../../ffi/inotify.ts";
import { type Link, linkByIndex, setLink } from "../../ffi/link.ts";
import {
  forbidDumps,
  newSession,
  redirectStandardStreams,
} from "../../ffi/process.ts";
import { resolveAddresses } from "../../ffi/resolve.ts";
import { RouteMonitor } from "../../ffi/route_monitor.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { Tun } from "../../ffi/tun.ts";
import { monotonic } from "./clock.ts";
import { Control } from "./control.ts";
import { ControlSocket } from "./control_socket.ts";
import { journalVoice } from "./journal.ts";
import { laneCount } from "./lane_count.ts";
import { Lanes } from "./lanes.ts";
import type { DaemonOptions } from "./daemon_options.ts";
import { Log, type Voice } from "./log.ts";
import { askDirectly } from "./direct_resolver.ts";
import { endpointsOf, type Resolvers } from "./name_resolver.ts";
import { SleepMeter } from "./sleep.ts";
import { Thrift } from "./thrift.ts";
import { DEFAULT_MTU, Tunnel } from "./tunnel.ts";
import { Turns } from "./turns.ts";
import { kernelWay, Ways } from "./ways.ts";

/** Milliseconds after a change of routes in which others follow: an address that moves is one that goes and one that comes. */
const SETTLE = 50;
const STANDARD_OUTPUT = 1;
/** Names that are asked for at once, of the machine's resolver and of servers directly: see turns.ts. */
const LOOKUPS = 8;

/**
 * Runs the tunnel `name` until it ends. Says `ready NAME` on standard output
 * once the interface and its socket are there, and lets go of the caller's
 * terminal; from then on its log has what goes wrong.
 *
 * @returns the exit status
 * @throws {SystemError} if the device cannot be made; a RangeError if
 * CAKTUS_LANES is no number of lanes
 */
export async function runDaemon(
  name: string,
  options: DaemonOptions = {},
): Promise<number> {
  const lanes = new Lanes(laneCount());
  if (!options.foreground) leaveTerminal();
  forbidDumps();
  const tun = options.tun === undefined
    ? Tun.open(name)
    : Tun.adopt(options.tun);
  prepareLink(tun);
  const tunnel = new Tunnel(tun, lanes.chosen);
  const socket = options.uapi === undefined
    ? await ControlSocket.open(tun.name)
    : ControlSocket.adopt(options.uapi, tun.name);
  try {
    const log = new Log(tun.name, undefined, voiceOf(options));
    log.tell("starting");
    if (tunnel.cipherWarning !== undefined) {
      log.report("checking the cipher", tunnel.cipherWarning);
    }
    if (tunnel.keyAgreement.name !== "platform") {
      log.report(
        "checking X25519",
        "the runtime's fails on this machine; going on with the slow one",
      );
    }
    tunnel.onNarrow = (address) =>
      log.report(
        `sending to ${address}`,
        "the way there takes smaller packets than the tunnel makes, which travel in fragments; a lower MTU under [Interface] makes it faster",
      );
    watchLink(tunnel, log);
    watchSleep(tunnel, log);
    followNames(tunnel);
    watchSocket(tunnel, socket, log);
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      Deno.addSignalListener(signal, () => tunnel.stop());
    }
    reportUncaught(log);
    new Control(socket.listener, tunnel, log).serve();
    if (!options.foreground) sayReady(name);
    lanes.start((reason) => log.report("sealing and opening", reason));
    const thrift = new Thrift();
    tunnel.onTurn = (now) => thrift.turn(now);
    thrift.start(monotonic);
    return await carry(tunnel, log);
  } finally {
    socket.remove();
  }
}

/** Lets the caller go on, and goes on without its streams. */
function sayReady(name: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`ready ${name}\n`));
  redirectStandardStreams("/dev/null");
}

/** Where the log goes besides its file. */
function voiceOf(options: DaemonOptions): Voice | undefined {
  const { foreground, log, level = "error" } = options;
  const fd = foreground ? STANDARD_OUTPUT : log;
  if (fd === undefined && level !== "silent") return journalVoice();
  return {
    level,
    say: (line) => {
      if (fd !== undefined) writeFully(fd, new TextEncoder().encode(line));
    },
  };
}

/** Carries packets to the end, and returns the exit status. */
async function carry(tunnel: Tunnel, log: Log): Promise<number> {
  try {
    await tunnel.run();
    log.tell("shutting down");
    return 0;
  } catch (error) {
    // The device was deleted under us: that is how wg-quick ends a userspace tunnel.
    if (error instanceof SystemError && error.errno === EBADFD) return 0;
    log.report("carrying packets, which ends the tunnel", error);
    return 1;
  }
}

/** A process that leads its group already, as a service does, has no terminal to leave. */
function leaveTerminal(): void {
  try {
    newSession();
  } catch (error) {
    if (!(error instanceof SystemError && error.errno === EPERM)) throw error;
  }
}

/** A mistake outside the packets' path is no reason to end a tunnel, nor to keep silent. */
function reportUncaught(log: Log): void {
  addEventListener("error", (event) => {
    event.preventDefault();
    log.report("uncaught", event.error);
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.report("uncaught", event.reason);
  });
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

/** Looks for peers by their names, for a few of them at once: each question waits in a thread, as the loop does. */
function followNames(tunnel: Tunnel): void {
  const machine = new Turns(LOOKUPS), direct = new Turns(LOOKUPS);
  const resolvers: Resolvers = {
    resolve: (host, isWanted) =>
      machine.take(() => resolveAddresses(host), isWanted),
    askDirectly: async (host) =>
      await direct.take(() =>
        askDirectly(host, {
          servers: tunnel.names().nameservers,
          mark: tunnel.sockets.mark,
        })
      ) ?? [],
  };
  tunnel.onLookUp = (name) =>
    void endpointsOf(name, resolvers)
      .then((found) => tunnel.found(name, found), (error) => {
        tunnel.found(name, []);
        throw error;
      });
}

/** The machine has slept: peers have forgotten it meanwhile. */
function watchSleep(tunnel: Tunnel, log: Log): void {
  const clock = new ClockWatch();
  const meter = new SleepMeter();
  watch(tunnel, log, clock.fd, () => {
    clock.rearm();
    const slept = meter.slept();
    if (slept > 0) tunnel.wakeUp(slept);
  });
}

/** Follows the link's state and MTU, and forgets local addresses that may have gone. */
function watchLink(tunnel: Tunnel, log: Log): void {
  const monitor = new RouteMonitor();
  const { index } = tunnel.tun;
  const ways = new Ways(kernelWay(() => tunnel.sockets.mark));
  let looksSoon = false;
  const lookSoon = () => {
    if (looksSoon) return;
    looksSoon = true;
    setTimeout(() => {
      looksSoon = false;
      const moved = ways.changed(tunnel.endpoints());
      if (moved.size > 0) tunnel.reach((endpoint) => moved.has(endpoint));
    }, SETTLE);
  };
  follow(tunnel, log, linkByIndex(index));
  watch(tunnel, log, monitor.fd, () => {
    const changes = monitor.drain();
    if (changes.addresses || changes.routes) {
      tunnel.forgetPaths();
      lookSoon();
    }
    if (changes.lost) follow(tunnel, log, linkByIndex(index));
    for (const link of changes.links) {
      if (link.index !== index) continue;
      follow(tunnel, log, link.deleted ? undefined : link);
    }
  });
}

/**
 * Does as the link does. One that went from here and still exists was moved to
 * another network namespace, where it cannot be watched: it counts as up.
 */
function follow(tunnel: Tunnel, log: Log, link: Link | undefined): void {
  if (link === undefined && !tunnel.tun.exists) return tunnel.stop();
  if (link !== undefined) tunnel.setMtu(link.mtu);
  if (link !== undefined && !link.up) {
    log.tell("the interface is down");
    return tunnel.down();
  }
  try {
    log.tell("the interface is up");
    tunnel.up();
  } catch (error) {
    log.report("opening UDP sockets", error);
  }
}

/** Whoever removes the socket's file ends the tunnel, as with wireguard-go; one that was given may have none. */
function watchSocket(tunnel: Tunnel, socket: ControlSocket, log: Log): void {
  if (!socket.isOurs) return;
  const file = new FileWatch(socket.path);
  watch(tunnel, log, file.fd, () => {
    if (file.gone()) tunnel.stop();
  });
}

/** An error of `ready` is reported, and the tunnel goes on. */
function watch(
  tunnel: Tunnel,
  log: Log,
  fd: number,
  ready: () => void,
): void {
  tunnel.watch({
    fd,
    ready: () => {
      try {
        ready();
      } catch (error) {
        log.report("following the interface and its socket", error);
      }
    },
  });
}
