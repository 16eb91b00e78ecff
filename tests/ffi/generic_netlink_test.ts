/**
 * Generic netlink, on the families that every kernel has.
 *
 * @module
 */

import { ok, strictEqual, throws } from "node:assert";
import { GenericFamily } from "../../ffi/generic_netlink.ts";
import { attribute, decodeAttributes } from "../../ffi/netlink_message.ts";
import { cString, textOf } from "../../ffi/memory.ts";
import { SystemError } from "../../ffi/system_error.ts";

const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR_FAMILY_NAME = 2;

Deno.test("open() finds a family by its name", () => {
  using family = GenericFamily.open("nlctrl", 2);
  ok(family !== undefined);
  const names = family.dump("CTRL_CMD_GETFAMILY", CTRL_CMD_GETFAMILY)
    .map((part) => textOf(decodeAttributes(part).get(CTRL_ATTR_FAMILY_NAME)!));
  ok(names.includes("nlctrl"), names.join(" "));
});

Deno.test("open() knows no family that the kernel has not", () => {
  strictEqual(GenericFamily.open("caktus-none", 1), undefined);
});

Deno.test("change() throws what the kernel says", () => {
  using family = GenericFamily.open("nlctrl", 2);
  const name = attribute(CTRL_ATTR_FAMILY_NAME, cString("caktus-none"));
  throws(
    () => family!.change("CTRL_CMD_GETFAMILY", CTRL_CMD_GETFAMILY, name),
    (error) => error instanceof SystemError && error.code === "ENOENT",
  );
});
