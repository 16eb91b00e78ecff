import { deepStrictEqual, strictEqual, throws } from "node:assert";
import { formatDrops, parseDrops } from "../../src/config/uapi_drops.ts";
import type { PublicKey } from "../../src/noise/keys.ts";

const DROPS = {
  drops: [{ reason: "unknown type", count: 3 }],
  peers: [{
    publicKey: new Uint8Array(32).fill(0xaa) as PublicKey,
    drops: [{ reason: "replayed", count: 1 }, { reason: "a=b", count: 2 }],
  }, {
    publicKey: new Uint8Array(32).fill(0xbb) as PublicKey,
    drops: [],
  }],
};

Deno.test("formatDrops() writes the device's drops first, then each peer's", () => {
  strictEqual(
    formatDrops(DROPS),
    "drop=unknown type=3\n" +
      `public_key=${"aa".repeat(32)}\ndrop=replayed=1\ndrop=a=b=2\n` +
      `public_key=${"bb".repeat(32)}\nerrno=0\n\n`,
  );
});

Deno.test("parseDrops() reads what formatDrops() writes", () => {
  deepStrictEqual(parseDrops(formatDrops(DROPS)), DROPS);
});

Deno.test("parseDrops() throws where the answer is another daemon's", () => {
  const message = "wg0:1: the daemon's answer is not understood";
  throws(() => parseDrops("errno=-22\n\n", "wg0"), { message });
  throws(() => parseDrops("drop=x=y\n\n", "wg0"), { message });
});
