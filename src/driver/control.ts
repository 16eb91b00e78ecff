/**
 * The UAPI socket, /var/run/wireguard/NAME.sock: how wg(8) and `caktus` talk to
 * a running tunnel (https://www.wireguard.com/xplatform/).
 *
 * ```text
 * request   answer
 * get=1     the device and its peers, errno=0
 * set=1     errno=0, or why not
 * drops=1   what was dropped, by reason; Caktus only
 * ```
 *
 * Each connection is read for itself, to the end of its request, with a limit
 * of time and size. Several requests may follow on one connection.
 *
 * @module
 */

import { SystemError } from "../../ffi/libc.ts";
import { EADDRINUSE, EINVAL, type Errno, formatErrno } from "../config/uapi.ts";
import { formatDrops } from "../config/uapi_drops.ts";
import { formatGet } from "../config/uapi_get.ts";
import { parseSet } from "../config/uapi_set.ts";
import { monotonic } from "./clock.ts";
import { type Request, RequestReader } from "./request.ts";
import type { Tunnel } from "./tunnel.ts";

/** Milliseconds in which a request that was begun must be whole. */
const REQUEST_TIME = 30_000;
const READ_LENGTH = 65536;

const encoder = new TextEncoder();

/** Answers the requests of one tunnel. */
export class Control {
  #listener: Deno.UnixListener;
  #tunnel: Tunnel;

  /** Takes over `listener`. */
  constructor(listener: Deno.UnixListener, tunnel: Tunnel) {
    this.#listener = listener;
    this.#tunnel = tunnel;
  }

  /** Serves until the listener is closed. */
  async serve(): Promise<void> {
    for await (const connection of this.#listener) {
      this.#serveOne(connection).catch(() => {}).finally(() =>
        connection.close()
      );
    }
  }

  /** One client; an error of its connection ends it and nothing else. */
  async #serveOne(connection: Deno.UnixConn): Promise<void> {
    const reader = new RequestReader();
    const buffer = new Uint8Array(READ_LENGTH);
    let begun: number | undefined;
    for (;;) {
      begun = reader.pending ? begun ?? monotonic() : undefined;
      const length = await readInTime(connection, buffer, begun);
      if (length === null) return;
      if (!reader.push(buffer.subarray(0, length))) return;
      for (
        let request = reader.take();
        request !== undefined;
        request = reader.take()
      ) {
        const answer = this.#answer(request);
        if (answer === undefined) return;
        await writeAll(connection, encoder.encode(answer));
      }
    }
  }

  /** The text of the answer; `undefined` ends the connection, as wireguard-go does with what it does not know. */
  #answer({ operation, body }: Request): string | undefined {
    const bare = body.trim() === "";
    switch (operation) {
      case "get=1":
        return bare ? formatGet(this.#tunnel.status()) : formatErrno(EINVAL);
      case "drops=1":
        return formatDrops(this.#tunnel.status());
      case "set=1":
        return formatErrno(this.#set(body));
    }
    return undefined;
  }

  /** Applies a request as far as it could be read; what follows a mistake is not done. */
  #set(body: string): Errno {
    const { change, error } = parseSet(body);
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

/** Reads what comes; a request that was begun has a limit of time. */
async function readInTime(
  connection: Deno.UnixConn,
  buffer: Uint8Array,
  begun: number | undefined,
): Promise<number | null> {
  if (begun === undefined) return await connection.read(buffer);
  const left = begun + REQUEST_TIME - monotonic();
  const timer = setTimeout(() => connection.close(), Math.max(0, left));
  try {
    return await connection.read(buffer);
  } finally {
    clearTimeout(timer);
  }
}

async function writeAll(
  connection: Deno.UnixConn,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await connection.write(bytes.subarray(at));
  }
}
