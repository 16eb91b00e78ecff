import { deepStrictEqual, strictEqual } from "node:assert";
import fc from "fast-check";
import {
  decodeConfig,
  decodeText,
  encodeText,
} from "../../src/config/conf_text.ts";

Deno.test("decodeConfig() keeps a byte that is no UTF-8", () => {
  const latin1 = Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x0a);
  strictEqual(decodeConfig(latin1), "caf\udce9\n");
  deepStrictEqual(encodeText("caf\udce9\n"), latin1);
});

Deno.test("decodeConfig() reads UTF-8 and UTF-16 with a byte order mark", () => {
  const utf8 = Uint8Array.of(0xef, 0xbb, 0xbf, 0x5b, 0xc3, 0xa9);
  strictEqual(decodeConfig(utf8), "[é");
  const little = Uint8Array.of(0xff, 0xfe, 0x5b, 0, 0xe9, 0);
  strictEqual(decodeConfig(little), "[é");
  const big = Uint8Array.of(0xfe, 0xff, 0, 0x5b, 0, 0xe9);
  strictEqual(decodeConfig(big), "[é");
});

Deno.test("encodeText() gives back any bytes that decodeText() was given", () => {
  const mixed = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc.string({ unit: "binary" }).map((text) =>
        new TextEncoder().encode(text)
      ),
    ),
    { maxLength: 6 },
  ).map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));
  fc.assert(fc.property(mixed, (bytes) => {
    deepStrictEqual(encodeText(decodeText(bytes)), bytes);
  }));
});
