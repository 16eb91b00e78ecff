/**
 * The C library: errno, and what a failed call says.
 *
 * @module
 */

import { deepStrictEqual, strictEqual, throws } from "node:assert";
import { errno, libc, succeed, uninterrupted } from "../../ffi/libc.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { addressOf, cString, Struct, textOf } from "../../ffi/memory.ts";

Deno.test("errno() is right in a million failing calls of three kinds, while the collector works", () => {
  const missing = cString("/nowhere/at/all"), here = cString("/");
  const garbage: Uint8Array[] = [];
  let wrong = 0;
  const expect = (result: number, reason: number) => {
    if (result >= 0 || errno() !== reason) wrong++;
  };
  for (let i = 0; i < 333_334; i++) {
    expect(libc.close(-1), 9); // EBADF
    expect(libc.open(missing, 0, 0), 2); // ENOENT
    expect(libc.kill(0x7fffffff, 0), 3); // ESRCH
    if ((i & 63) === 0) garbage[i >> 6 & 1023] = new Uint8Array(2000);
    if ((i & 1023) === 0) libc.close(libc.open(here, 0, 0)); // one that works
  }
  strictEqual(wrong, 0);
});

Deno.test("succeed() throws the right reason a hundred thousand times", () => {
  const reasons = new Map<string, number>();
  for (let i = 0; i < 100_000; i++) {
    try {
      succeed(uninterrupted(() => libc.close(-1)), "close");
    } catch (error) {
      const { code } = error as SystemError;
      reasons.set(code, (reasons.get(code) ?? 0) + 1);
    }
  }
  deepStrictEqual([...reasons], [["EBADF", 100_000]]);
});

Deno.test("SystemError says the call, the reason in words and what was tried", () => {
  throws(() => succeed(libc.open(cString("/x/y"), 0, 0), "open", "/x/y"), {
    name: "SystemError",
    call: "open",
    errno: 2,
    code: "ENOENT",
    message: "open: no such file or directory (/x/y)",
  });
  const { code, message } = new SystemError("read", 9999);
  deepStrictEqual([code, message], ["errno 9999", "read: errno 9999"]);
});

Deno.test("Struct writes addresses as two words", () => {
  const struct = new Struct(16);
  for (const value of [0, 1, 0xffffffff, 2 ** 32, 0x7ffe_1234_5678]) {
    struct.setWord(8, value);
    strictEqual(struct.view.getBigUint64(8, true), BigInt(value));
  }
});

Deno.test("addressOf() is the place of a view in its buffer, small arrays too", () => {
  const small = new Uint8Array(8), start = addressOf(small);
  strictEqual(addressOf(small.subarray(3)), start + 3);
  strictEqual(addressOf(small), start);
  small[5] = 77;
  const pointer = Deno.UnsafePointer.create(BigInt(start + 5));
  strictEqual(new Deno.UnsafePointerView(pointer!).getUint8(), 77);
});

Deno.test("cString() ends with a NUL and textOf() stops there", () => {
  deepStrictEqual([...cString("é")], [0xc3, 0xa9, 0]);
  strictEqual(textOf(new Uint8Array([97, 98, 0, 99])), "ab");
  strictEqual(textOf(new Uint8Array([97])), "a");
});
