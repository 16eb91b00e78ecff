/**
 * Host names to addresses, by getaddrinfo(3): /etc/hosts, nsswitch.conf and DNS
 * as every other program of the machine asks them.
 *
 * ```text
 * struct addrinfo     0 flags   4 family   8 socktype   12 protocol   16 addrlen
 *                    24 sockaddr *addr    32 char *canonname          40 next
 * sockaddr_in         0 family  2 port (big-endian)  4 address
 * sockaddr_in6        0 family  2 port  4 flowinfo   8 address       24 scope
 * ```
 *
 * It has a table of its own, so that only who resolves names loads it. The call waits in
 * another thread; its result is a number of its own kind, so errno is not needed.
 *
 * @module
 */

const SYMBOLS = {
  getaddrinfo: {
    // const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found
    parameters: ["buffer", "buffer", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  freeaddrinfo: { parameters: ["pointer"], result: "void" }, // struct addrinfo *found
} as const satisfies Deno.ForeignLibraryInterface;

/** Loaded once: each time costs memory, and a peer that cannot be found is looked for every few seconds. */
let library: Deno.DynamicLibrary<typeof SYMBOLS> | undefined;

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const IPPROTO_UDP = 17;
const EAI_NONAME = -2;
const EAI_FAIL = -4;
const EAI_NODATA = -5;
const ADDRINFO_SIZE = 48;
/** Where `ai_next` stands. */
const NEXT = 40;

/** An address of a host. */
export interface HostAddress {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** Interface index of a link-local IPv6 address; else 0. */
  readonly scope: number;
}

/** A name that was not resolved. */
export class ResolveError extends Error {
  override name = "ResolveError";

  /**
   * @param temporary whether it may be resolved later: the resolver did not answer
   * @param code what getaddrinfo(3) returned; 0 where that was no error
   */
  constructor(readonly temporary: boolean, readonly code = 0) {
    super(
      temporary ? "the name server does not answer" : "there is no such host",
    );
  }
}

/**
 * The first address of a host, in the order that getaddrinfo(3) prefers.
 *
 * @throws {ResolveError}
 */
export async function resolveHost(host: string): Promise<HostAddress> {
  return (await resolveAddresses(host))[0]!;
}

/**
 * All addresses of a host, one at least, in the order that getaddrinfo(3) prefers.
 *
 * @throws {ResolveError}
 */
export async function resolveAddresses(host: string): Promise<HostAddress[]> {
  library ??= Deno.dlopen("libc.so.6", SYMBOLS);
  const { getaddrinfo, freeaddrinfo } = library.symbols;
  const node = new TextEncoder().encode(`${host}\0`);
  const wanted = hints();
  const found = new BigUint64Array(1);
  const status = await getaddrinfo(node, null, wanted, found);
  keep(node, wanted, found);
  if (status !== 0) throw new ResolveError(isTemporary(status), status);
  const list = Deno.UnsafePointer.create(found[0]!);
  if (list === null) throw new ResolveError(false);
  try {
    const found = [...addressesOf(list)];
    if (found.length === 0) throw new ResolveError(false);
    return found;
  } finally {
    freeaddrinfo(list);
  }
}

/** Named after the call, so that no buffer is collected while the other thread uses it. */
function keep(..._buffers: ArrayBufferView[]): void {}

/** One answer for each address, not one for each kind of socket. */
function hints(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ADDRINFO_SIZE);
  const view = new DataView(bytes.buffer);
  view.setInt32(8, SOCK_DGRAM, true);
  view.setInt32(12, IPPROTO_UDP, true);
  return bytes;
}

function isTemporary(status: number): boolean {
  return ![EAI_NONAME, EAI_FAIL, EAI_NODATA].includes(status);
}

/** The chain of entries. */
function* addressesOf(
  list: Deno.PointerObject | null,
): Generator<HostAddress> {
  for (let at = list; at !== null;) {
    const entry = new Deno.UnsafePointerView(at);
    const address = addressOf(entry);
    if (address !== undefined) yield address;
    at = entry.getPointer(NEXT);
  }
}

function addressOf(entry: Deno.UnsafePointerView): HostAddress | undefined {
  const name = entry.getPointer(24);
  if (name === null) return undefined;
  const view = new Deno.UnsafePointerView(name);
  const family = entry.getInt32(4);
  if (family === AF_INET) return { address: copy(view, 4, 4), scope: 0 };
  if (family !== AF_INET6) return undefined;
  return { address: copy(view, 8, 16), scope: view.getUint32(24) };
}

function copy(
  view: Deno.UnsafePointerView,
  offset: number,
  length: number,
): Uint8Array {
  const bytes = new Uint8Array(length);
  view.copyInto(bytes, offset);
  return bytes;
}
