/** A listening socket that was given as a descriptor. */

import { deepStrictEqual, strictEqual, throws } from "node:assert";
import { EBADF, EINVAL } from "../../ffi/errno.ts";
import { linkOf, openDescriptors } from "../../ffi/descriptors.ts";
import { libc } from "../../ffi/libc.ts";
import { duplicateForChild } from "../../ffi/process.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { GivenListener } from "../../ffi/unix_listener.ts";

const ENOTSOCK = 88;
const AF_UNIX = 1;
const SOCK_STREAM = 1;

/** Runs work on a descriptor that Deno opened meanwhile. */
function withDescriptor<T>(open: () => Disposable, work: (fd: number) => T): T {
  const known = new Set(openDescriptors().map(linkOf));
  using _opened = open();
  const fd = openDescriptors().find((each) => {
    const link = linkOf(each);
    return link !== undefined && !known.has(link) && !link.startsWith("/proc");
  });
  return work(fd!);
}

function refusal(fd: number): number {
  let errno = 0;
  throws(() => new GivenListener(fd), (error) => {
    errno = (error as SystemError).errno;
    return error instanceof SystemError;
  });
  return errno;
}

Deno.test("GivenListener takes only a socket that listens", () => {
  strictEqual(refusal(1_000_000), EBADF);
  const path = Deno.makeTempFileSync();
  strictEqual(
    withDescriptor(() => Deno.openSync(path), refusal),
    ENOTSOCK,
  );
  Deno.removeSync(path);
  const silent = libc.socket(AF_UNIX, SOCK_STREAM, 0);
  strictEqual(refusal(silent), EINVAL);
  libc.close(silent);
});

Deno.test("GivenListener accepts, reads and writes until the other end closes", async () => {
  const path = Deno.makeTempFileSync();
  Deno.removeSync(path);
  const known = new Set(openDescriptors().map(linkOf));
  using _listener = Deno.listen({ transport: "unix", path });
  const fd = openDescriptors().find((each) =>
    linkOf(each)?.startsWith("socket:") && !known.has(linkOf(each))
  )!;
  const listener = new GivenListener(duplicateForChild(fd));
  const client = await Deno.connect({ transport: "unix", path });
  const connection = await listener.accept();
  const long = new Uint8Array(1_000_000).map((_, i) => i);
  const buffer = new Uint8Array(65_536);
  const echoed: number[] = [];
  const echo = async () => {
    for (;;) {
      const length = await connection.read(buffer);
      if (length === null) return connection.close();
      const part = buffer.slice(0, length);
      for (let at = 0; at < length;) {
        at += await connection.write(part.subarray(at));
      }
    }
  };
  const receive = async () => {
    const piece = new Uint8Array(65_536);
    while (echoed.length < long.length) {
      const length = await client.read(piece) ?? 0;
      echoed.push(...piece.subarray(0, length));
    }
    client.close();
  };
  const send = async () => {
    for (let at = 0; at < long.length;) {
      at += await client.write(long.subarray(at, at + 65_536));
    }
  };
  await Promise.all([echo(), receive(), send()]);
  deepStrictEqual(Uint8Array.from(echoed), long);
  Deno.removeSync(path);
});
