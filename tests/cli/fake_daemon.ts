/**
 * A daemon that is made of answers only: `fake_daemon.ts NAME=FILE …` listens on the UAPI socket
 * of each NAME and answers every request with what is in FILE. It says `ready` when it does.
 *
 * @module
 */

const FOLDER = "/var/run/wireguard";

async function serve(listener: Deno.UnixListener, file: string) {
  for await (const connection of listener) {
    try {
      const asked = await connection.read(new Uint8Array(1024));
      if (asked !== null) await connection.write(Deno.readFileSync(file));
    } catch {
      // The client has gone.
    } finally {
      connection.close();
    }
  }
}

Deno.mkdirSync(FOLDER, { recursive: true });
for (const word of Deno.args) {
  const [name = "", file = ""] = word.split("=");
  serve(
    Deno.listen({ transport: "unix", path: `${FOLDER}/${name}.sock` }),
    file,
  );
}
console.log("ready");
