/** Table: numbers, names, off and auto. */

import { deepStrictEqual, strictEqual } from "node:assert";
import { parseTableNames, tableNumber } from "../../src/config/route_table.ts";
import { INTERFACE, readQuietly, refuses } from "./conf_files.ts";

const RT_TABLES = `#
# reserved values
#
255\tlocal
254\tmain
0\tunspec
#1\tinr.ruhep
 100  isp2   # the other provider
0xca6c vpn
nonsense
300
`;

Deno.test("parseTableNames() reads rt_tables, comments and blanks too", () => {
  deepStrictEqual([...parseTableNames(RT_TABLES)], [
    ["local", 255],
    ["main", 254],
    ["isp2", 100],
    ["vpn", 51820],
  ]);
});

Deno.test("tableNumber() knows the built-in names where no file does", () => {
  const none = () => undefined;
  deepStrictEqual(
    ["main", "default", "local", "1", "0x10", "4294967295"].map((word) =>
      tableNumber(word, none)
    ),
    [254, 253, 255, 1, 16, 0xffffffff],
  );
  for (const word of ["0", "4294967296", "Main", "", "-1", "1a"]) {
    strictEqual(tableNumber(word, none), undefined);
  }
});

Deno.test("parseConfig() reads Table: off, auto, a number, a name", () => {
  const names = parseTableNames(RT_TABLES);
  const table = (value: string) =>
    readQuietly(`${INTERFACE}Table = ${value}\n`, {
      tables: (name) => names.get(name),
    }).interface.table;
  strictEqual(table("Off"), "off");
  strictEqual(table("AUTO"), undefined);
  strictEqual(table(""), undefined);
  deepStrictEqual(table("1234"), { number: 1234, name: "1234" });
  deepStrictEqual(table("isp2"), { number: 100, name: "isp2" });
  deepStrictEqual(table("main"), { number: 254, name: "main" });
});

Deno.test("parseConfig() takes the last Table, as wg-quick(8) does, and refuses unknown names", () => {
  const problem =
    "Table: must be auto, off, a number of 1 to 4294967295, or a name that stands in /etc/iproute2/rt_tables";
  for (const value of ["nowhere", "0", "99999999999"]) {
    refuses(`${INTERFACE}Table = ${value}\n`, `wg0.conf:3: ${problem}`);
  }
});
