/** `strip` beside the script wg-quick, on the same files: equal to the byte. */

import { strictEqual } from "node:assert";
import { decodeConfig, encodeText } from "../../src/config/conf_text.ts";
import { stripConfig } from "../../src/config/strip.ts";
import { rootTest } from "../ffi/namespace.ts";

const FILES: Record<string, string | Uint8Array> = {
  empty: "",
  newline: "\n",
  blanks: "  \n\t\n",
  plain:
    "[Interface]\nPrivateKey = x=\nAddress = 10.0.0.1/24\n[Peer]\nEndpoint = a:1\n",
  open: "[Interface]\nPrivateKey = x=\nAddress = 10.0.0.1/24",
  last: "[Interface]\nPrivateKey = x=",
  returns:
    "[Interface]\r\nAddress = 10.0.0.1/24\r\nListenPort = 1\r\n\r\n[Peer]\r\nMTU = 2\r\n",
  tabs:
    "\t[Interface]\t\n\tAddress\t=\t10.0.0.1/24\t\n\t ListenPort\t=\t1 \t\n",
  cases:
    "[INTERFACE]\naddress=1\nMTU=2\nmtu=3\nDns=4\nTABLE=5\nsaveconfig=TRUE\npreUP=6\nPOSTUP=7\n[peer]\nDNS=8\n",
  comments:
    "# a\n[Interface] # b\nAddress = 1 # c\n#Address = 2\n # d = e\nListenPort = 1 # f\n#[Peer]\nMTU = 3\n",
  hooks:
    "[Interface]\nPostUp = echo 'a # b = c'; true\nPreUp=x=y\nPreDown =\nPostDown = a\\\n",
  order:
    "Address = 1\n[Peer]\nAddress = 2\n[Interface]\nAddress = 3\n[Peer]\nAddress = 4\n[Interface]\nTable = off\n",
  unknown:
    "[Interface]\nFoo = bar\nno equals\nAddresses = 1\n=\n= x\n[Other]\nDNS = 1\n",
  bytes: Uint8Array.of(
    ...new TextEncoder().encode("[Interface]\nFoo = "),
    0xff,
    0xe9,
    0x20,
    0x0a,
    0xc3,
    0xa9,
    0x0a,
  ),
  backslash: "[Interface]\nFoo = a\\tb\\\\ \\\nAddress = 1\n",
  save: "[Interface]\nSaveConfig = false\nSaveConfig=true\nListenPort = 0\n",
  long: `[Interface]\nAddress = 1\n${
    "[Peer]\nAllowedIPs = 10.0.0.0/8, fd00::/8\n\n".repeat(200)
  }`,
};

rootTest("stripConfig() prints what wg-quick does, on many files", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(FILES)) {
      const bytes = typeof content === "string"
        ? new TextEncoder().encode(content)
        : content;
      const path = `${folder}/${name}.conf`;
      await Deno.writeFile(path, bytes, { mode: 0o600 });
      const { success, stdout } = await new Deno.Command("wg-quick", {
        args: ["strip", path],
      }).output();
      strictEqual(success, true, name);
      const ours = encodeText(stripConfig(decodeConfig(bytes), path));
      strictEqual(JSON.stringify([...ours]), JSON.stringify([...stdout]), name);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
