/** A TUN device and a socket that the caller opened: WG_TUN_FD and WG_UAPI_FD, as wireguard-go takes them. */

import { match, strictEqual } from "node:assert";
import { linkOf, openDescriptors } from "../../ffi/descriptors.ts";
import { keepDescriptors } from "../../ffi/process.ts";
import { Tun } from "../../ffi/tun.ts";
import { namespaceTest, sh } from "../ffi/namespace.ts";
import { CAKTUS } from "../program.ts";

namespaceTest(
  "WG_TUN_FD and WG_UAPI_FD are taken over",
  import.meta.url,
  async () => {
    const path = Deno.makeTempFileSync();
    Deno.removeSync(path);
    const known = new Set(openDescriptors().map(linkOf));
    // Nothing is accepted here: whoever accepts first is whom a client gets.
    using _listener = Deno.listen({ transport: "unix", path });
    const uapi = openDescriptors().find((fd) => {
      const link = linkOf(fd);
      return link?.startsWith("socket:") && !known.has(link);
    })!;
    const tun = Tun.open("given0");
    keepDescriptors([tun.fd, uapi]);
    const [program = "", ...args] = CAKTUS;
    const child = new Deno.Command(program, {
      args: [...args, "wireguard-go", "-f", "other"],
      env: {
        WG_TUN_FD: `${tun.fd}`,
        WG_UAPI_FD: `${uapi}`,
        LOG_LEVEL: "debug",
      },
      stdout: "piped",
    }).spawn();
    tun.close();
    try {
      sh("ip link set given0 up");
      // Two requests on one connection, and a second client meanwhile.
      using first = await Deno.connect({ transport: "unix", path });
      using second = await Deno.connect({ transport: "unix", path });
      match(await ask(first, "set=1\nfwmark=7\n\n"), /^errno=0\n\n$/);
      match(
        await ask(second, "get=1\n\n"),
        /^listen_port=\d+\nfwmark=7\nerrno=0\n\n$/,
      );
      match(await ask(first, "get=1\n\n"), /fwmark=7/);
    } finally {
      child.kill("SIGTERM");
      Deno.removeSync(path);
    }
    const { code, stdout } = await child.output();
    strictEqual(code, 0);
    match(new TextDecoder().decode(stdout), /^DEBUG: \(given0\) .* starting$/m);
  },
);

async function ask(connection: Deno.Conn, request: string): Promise<string> {
  await connection.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(4096);
  let answer = "";
  while (!answer.endsWith("\n\n")) {
    const length = await connection.read(buffer);
    if (length === null) break;
    answer += new TextDecoder().decode(buffer.subarray(0, length));
  }
  return answer;
}
