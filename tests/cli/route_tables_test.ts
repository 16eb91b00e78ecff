/** Names of routing tables: where iproute2 looks for them. */

import { strictEqual } from "node:assert";
import { routeTable } from "../../src/cli/route_tables.ts";

Deno.test("routeTable() reads what the distribution ships, then what the administrator wrote", () => {
  const folder = Deno.makeTempDirSync();
  const [shipped, own] = [`${folder}/share`, `${folder}/etc`];
  try {
    Deno.mkdirSync(`${shipped}/rt_tables.d`, { recursive: true });
    Deno.mkdirSync(`${own}/rt_tables.d`, { recursive: true });
    Deno.writeTextFileSync(`${shipped}/rt_tables`, "254 main\n7 both\n");
    Deno.writeTextFileSync(`${shipped}/rt_tables.d/a.conf`, "8 shipped\n");
    Deno.writeTextFileSync(`${own}/rt_tables.d/vpn.conf`, "9 both\n# 10 no\n");
    Deno.writeTextFileSync(`${own}/rt_tables.d/README`, "11 readme\n");
    const look = (name: string) => routeTable(name, [shipped, own]);
    strictEqual(look("main"), 254);
    strictEqual(look("shipped"), 8);
    strictEqual(look("both"), 9);
    strictEqual(look("readme"), undefined);
    strictEqual(look("no"), undefined);
    strictEqual(routeTable("main", [`${folder}/nothing`]), undefined);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
