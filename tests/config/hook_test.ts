import { strictEqual } from "node:assert";
import { expandHook, hookMaySetKey } from "../../src/config/hook.ts";

Deno.test("expandHook() replaces every %i, and takes the name as it is", () => {
  strictEqual(
    expandHook("iptables -i %i; echo '%i' $& %%i", "wg$&"),
    "iptables -i wg$&; echo 'wg$&' $& %wg$&",
  );
});

Deno.test("hookMaySetKey() knows the commands that set a private key", () => {
  const sets = (command: string) => hookMaySetKey({ command, line: 1 });
  strictEqual(sets("wg set %i private-key <(pass wg)"), true);
  strictEqual(sets("caktus set %i private-key /etc/key"), true);
  strictEqual(sets("wg addconf %i /etc/wireguard/key.conf"), true);
  strictEqual(sets("wg set %i peer x endpoint y:1"), false);
  strictEqual(sets("iptables -A FORWARD -i %i -j ACCEPT"), false);
});
