/**
 * The UAPI socket, /var/run/wireguard/NAME.sock: how wg(8) and `caktus` talk to
 * a running tunnel (https://www.wireguard.com/xplatform/).
 *
 * ```text
 * request   answer
 * get=1     the device and its peers, errno=0
 * set=1     errno=0, or why not
 * drops=1   what was dropped, by reason; Caktus only
 * names=1   where peers are by the configuration; Caktus only
 * set_names=1   sets that
 * ```
 *
 * Each connection is read for itself, to the end of its request, with a limit
 * of time and size. Several requests may follow on one connection. A request
 * about many peers is done in parts, between which packets pass; the next
 * request waits until it is done.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { linkIndex } from "../../ffi/link.ts";
import { SystemError } from "../../ffi/system_error.ts";
import {
  EADDRINUSE,
  EINVAL,
  EOTHER,
  type Errno,
  formatErrno,
} from "../config/uapi.ts";
import { formatDrops } from "../config/uapi_drops.ts";
import { formatDevice, formatPeers } from "../config/uapi_get.ts";
import { formatNames, readNames } from "../config/uapi_names.ts";
import { parseSet } from "../config/uapi_set.ts";
import { Client } from "./client.ts";
import type { Listener } from "./control_socket.ts";
import { monotonic } from "./clock.ts";
import type { Log } from "./log.ts";
import { partsOf, type Request, RequestReader } from "./request.ts";
import type { Tunnel } from "./tunnel.ts";

/** Milliseconds in which a request that was begun must be whole, and an answer read. */
const REQUEST_TIME = 30_000;
/** Milliseconds before the next try where no connection can be taken, as without descriptors. */
const ACCEPT_PAUSE = 100;
const READ_LENGTH = 65536;
/** Peers that are set or shown before packets are looked at again: an answer to a ping waits for several such portions. */
const PEERS_AT_ONCE = 16;

const encoder = new TextEncoder();

/** Answers the requests of one tunnel. */
export class Control {
  #listener: Listener;
  #tunnel: Tunnel;
  #log: Log;
  /** Settles when the last request is done. */
  #done: Promise<unknown> = Promise.resolve();

  /** Takes over `listener`. */
  constructor(listener: Listener, tunnel: Tunnel, log: Log) {
    this.#listener = listener;
    this.#tunnel = tunnel;
    this.#log = log;
  }

  /** Serves as long as the process lives. */
  async serve(): Promise<never> {
    for (;;) {
      try {
        this.#serve(new Client(await this.#listener.accept()));
      } catch (error) {
        this.#log.report("taking a connection", error);
        await new Promise((resolve) => setTimeout(resolve, ACCEPT_PAUSE));
      }
    }
  }

  /** One client; an error of its connection ends it and nothing else. */
  async #serve(client: Client): Promise<void> {
    const attended = this.#tunnel.attend();
    try {
      await this.#converse(client);
    } catch {
      // It went away, or its time was over.
    } finally {
      attended();
      client.close();
    }
  }

  async #converse(client: Client): Promise<void> {
    const reader = new RequestReader();
    const buffer = new Uint8Array(READ_LENGTH);
    let deadline = Infinity;
    for (;;) {
      const length = await client.read(buffer, deadline - monotonic());
      if (length === null) return;
      if (!reader.push(buffer.subarray(0, length))) return;
      for (let next = reader.take(); next !== undefined; next = reader.take()) {
        const answer = await this.#inTurn(next);
        if (answer === undefined) return;
        await client.write(encoder.encode(answer), REQUEST_TIME);
        deadline = Infinity;
      }
      if (!reader.pending) deadline = Infinity;
      else if (deadline === Infinity) deadline = monotonic() + REQUEST_TIME;
    }
  }

  /** Answers when all requests before are done. */
  #inTurn(request: Request): Promise<string | undefined> {
    const answer = this.#done.then(() => this.#answer(request)).catch(
      (error) => {
        this.#log.report("answering a request", error);
        return formatErrno(EOTHER);
      },
    );
    this.#done = answer;
    return answer;
  }

  /** The text of the answer; `undefined` ends the connection, as wireguard-go does with what it does not know. */
  async #answer({ operation, body }: Request): Promise<string | undefined> {
    switch (operation) {
      case "get=1":
        return body === "" ? await this.#get() : formatErrno(EINVAL);
      case "drops=1":
        return formatDrops(this.#tunnel.status());
      case "names=1":
        return formatNames(this.#tunnel.names());
      case "set_names=1":
        return formatErrno(this.#setNames(body));
      case "set=1":
        return formatErrno(await this.#set(body));
    }
    return undefined;
  }

  async #get(): Promise<string> {
    const status = this.#tunnel.status();
    let text = formatDevice(status);
    for (let at = 0; at < status.peers.length; at += PEERS_AT_ONCE) {
      text += formatPeers(status.peers.slice(at, at + PEERS_AT_ONCE));
      await packetsPass();
    }
    return text + formatErrno(0);
  }

  /** Applies a request as far as it could be read; what follows a mistake is not done. */
  async #set(body: string): Promise<Errno> {
    for (const part of partsOf(body, PEERS_AT_ONCE)) {
      const errno = this.#setPart(part);
      if (errno !== 0) return errno;
      await packetsPass();
    }
    return 0;
  }

  #setNames(body: string): Errno {
    const { errno, ...names } = readNames(body);
    if (errno === 0) this.#tunnel.setNames(names);
    return errno;
  }

  #setPart(part: string): Errno {
    const { change, error } = parseSet(part, { scopeOf: linkIndex });
    const { peers, privateKey, listenPort, fwmark, replacePeers } = change;
    if (privateKey !== undefined) this.#tunnel.apply({ privateKey, peers: [] });
    try {
      if (fwmark !== undefined) this.#tunnel.sockets.setMark(fwmark);
      if (listenPort !== undefined) this.#tunnel.sockets.listen(listenPort);
    } catch (refused) {
      if (refused instanceof SystemError) return EADDRINUSE;
      throw refused;
    }
    this.#tunnel.apply({ peers, ...(replacePeers && { replacePeers }) });
    return error?.errno ?? 0;
  }
}

/** Lets the loop have a turn. */
function packetsPass(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
