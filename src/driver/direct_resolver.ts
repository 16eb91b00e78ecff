/**
 * Asking name servers past the tunnel.
 *
 * A tunnel that leads everything into itself leads there the questions of the machine's resolver, too. If its
 * peer has moved they are never answered, and the tunnel would never learn where to. So the servers that the
 * machine had before the tunnel are asked directly, by datagrams that bear the tunnel's mark.
 *
 * ```text
 * for each server, until one answers:  A and AAAA at once ─▶ both, or what has come in 2 s
 * ```
 *
 * @module
 */

import { routeTo } from "../../ffi/route.ts";
import { UdpExchange } from "../../ffi/udp_exchange.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { A, AAAA, addressesIn, formatQuestion } from "./dns_message.ts";

const PORT = 53;
/** Milliseconds that a server has. */
const PATIENCE = 2_000;
/** Addresses of a host that are heeded: the kernel is asked about each. */
const MOST = 32;

/** Who is asked, and how. */
export interface DirectServers {
  /** Addresses, 4 or 16 bytes. */
  readonly servers: readonly Uint8Array[];
  /** Of the datagrams; 0 is none. */
  readonly mark: number;
}

/** An address of a host, as ffi/resolve.ts gives it. */
interface Found {
  readonly address: Uint8Array;
  readonly scope: 0;
}

/** The addresses of a host; none where no server tells any. */
export async function askDirectly(
  host: string,
  { servers, mark }: DirectServers,
): Promise<Found[]> {
  for (const server of servers) {
    const found = await askServer(host, server, mark);
    if (found.length > 0) {
      return reachableFirst(found, mark).map((address) => ({
        address,
        scope: 0,
      }));
    }
  }
  return [];
}

/** A machine without IPv6 does not begin with it. */
function reachableFirst(found: Uint8Array[], mark: number): Uint8Array[] {
  const few = found.slice(0, MOST);
  const near = new Set(few.filter((address) => routeTo(address, mark)));
  return [...near, ...few.filter((address) => !near.has(address))];
}

async function askServer(
  host: string,
  server: Uint8Array,
  mark: number,
): Promise<Uint8Array[]> {
  try {
    using exchange = new UdpExchange(
      { address: server, port: PORT, scope: 0 },
      mark,
    );
    const ids = crypto.getRandomValues(new Uint16Array(2));
    const questions = [
      formatQuestion(ids[0]!, host, AAAA),
      formatQuestion(ids[1]!, host, A),
    ];
    questions.forEach((question) => exchange.send(question));
    return await hear(exchange, questions);
  } catch (error) {
    // There is no way to it.
    if (error instanceof SystemError) return [];
    throw error;
  }
}

/** Waits for the answers to all questions, as long as there is time. */
async function hear(
  exchange: UdpExchange,
  questions: readonly Uint8Array[],
): Promise<Uint8Array[]> {
  const found: Uint8Array[][] = [];
  const open = new Set(questions);
  const end = performance.now() + PATIENCE;
  while (open.size > 0) {
    const left = Math.ceil(end - performance.now());
    const answer = left > 0 ? await exchange.receive(left) : undefined;
    if (answer === undefined) break;
    for (const question of open) {
      const addresses = addressesIn(answer, question);
      if (addresses === undefined) continue;
      open.delete(question);
      found.push(addresses);
    }
  }
  return found.flat();
}
