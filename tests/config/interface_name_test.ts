import { doesNotThrow, strictEqual, throws } from "node:assert";
import {
  checkInterfaceName,
  interfaceNameOf,
} from "../../src/config/interface_name.ts";

Deno.test("interfaceNameOf() takes the file's name", () => {
  strictEqual(interfaceNameOf("/etc/wireguard/wg0.conf"), "wg0");
  strictEqual(interfaceNameOf("./a.b.conf"), "a.b");
  strictEqual(interfaceNameOf("wg-home_1+=.conf"), "wg-home_1+=");
});

Deno.test("interfaceNameOf() says what a file must be called", () => {
  throws(() => interfaceNameOf("./wg0 (1).conf"), {
    name: "ConfigError",
    message:
      "./wg0 (1).conf: an interface's name has only letters, digits and _ = + . -; rename it",
  });
  throws(() => interfaceNameOf("a-very-long-name.conf"), {
    message:
      "a-very-long-name.conf: an interface's name has 15 characters at most, this one has 16; shorten it",
  });
  throws(() => interfaceNameOf("wg0.txt"), {
    message:
      "wg0.txt: a configuration file is called NAME.conf, where NAME becomes the interface's",
  });
  throws(() => interfaceNameOf("/etc/.conf"), {
    message: "/etc/.conf: the interface's name is empty",
  });
});

Deno.test("checkInterfaceName() takes 15 characters, and no path", () => {
  doesNotThrow(() => checkInterfaceName("a".repeat(15), "x"));
  throws(() => checkInterfaceName("..", ".."), {
    message: "..: no interface can be called that",
  });
  throws(() => checkInterfaceName("a/b", "a/b"), { name: "ConfigError" });
  throws(() => checkInterfaceName("wgä", "wgä"), { name: "ConfigError" });
});
