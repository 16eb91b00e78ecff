/**
 * /etc/resolv.conf in every state in which it is found, replaced and put back.
 *
 * @module
 */

import { deepStrictEqual, match, ok, strictEqual, throws } from "node:assert";
import { composeText, writerOf } from "../../src/quick/resolv_conf.ts";
import { ResolvConfFile } from "../../src/quick/resolv_conf_file.ts";
import { namespaceTest, sh } from "../ffi/namespace.ts";

const DNS = { servers: ["10.0.0.1", "fd00::1"], search: [] };
const HEAD =
  "# Written by caktus for wg0; `caktus down wg0` brings back what was here\n";
const SERVERS = "nameserver 10.0.0.1\nnameserver fd00::1\n";

const TEXTS: [string, string[], string, string][] = [
  ["an empty original", [], "", SERVERS],
  ["search domains", ["a", "b.example"], "", `${SERVERS}search a b.example\n`],
  [
    "the original's domains behind its own, and without its servers",
    ["a"],
    "nameserver 1.1.1.1\nsearch x\nsearch lan a # last counts\n",
    `${SERVERS}search a lan\n`,
  ],
  ["the root for a domain", ["."], "search .\n", SERVERS],
  ["the original's domain", [], "domain lan\n", `${SERVERS}search lan\n`],
  ["routing-only domains", ["~.", "~a", "b"], "", `${SERVERS}search b\n`],
  [
    "options, but for trust",
    [],
    "options edns0 trust-ad\noptions ndots:5 edns0\n",
    `${SERVERS}options edns0 ndots:5\n`,
  ],
];

for (const [name, search, original, expected] of TEXTS) {
  Deno.test(`composeText() with ${name}`, () => {
    const text = composeText("wg0", { ...DNS, search }, original);
    strictEqual(text, HEAD + expected);
    strictEqual(writerOf(text), "wg0");
  });
}

Deno.test("writerOf() takes nobody else's text for ours", () => {
  for (const text of [undefined, "", "nameserver 1.1.1.1\n", ` ${HEAD}`]) {
    strictEqual(writerOf(text), undefined);
  }
});

function inFolder(work: (path: string, folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    work(`${folder}/resolv.conf`, folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const OURS = composeText("wg0", DNS, "");

/** How a test finds the file: what to do in its folder. */
const STATES: [string, string][] = [
  ["a file", "printf 'nameserver 1.1.1.1\\n' > resolv.conf"],
  ["an empty file", ": > resolv.conf"],
  ["a file for its owner alone", "umask 077; echo x > resolv.conf"],
  [
    "a file that nobody may write",
    "echo x > resolv.conf; chmod 444 resolv.conf",
  ],
  ["a file without a last newline", "printf x > resolv.conf"],
  ["a file that is no UTF-8", "printf '# caf\\351\\nx' > resolv.conf"],
  ["no file", "true"],
  ["a link", "echo x > other; ln -s other resolv.conf"],
  ["a link to a link", "echo x > a; ln -s a b; ln -s $PWD/b resolv.conf"],
  ["a link that leads nowhere", "ln -s /run/nowhere resolv.conf"],
  ["a link to itself", "ln -s resolv.conf resolv.conf"],
];

/** All that can be seen of a folder: kinds, permissions, places of links, bytes. */
const LOOK =
  "ls -la --time-style=+ | grep -v ' \\.\\.*$' | grep -v ^total; for f in *; do [ -e $f ] && od -c $f; done; true";

for (const [name, make] of STATES) {
  Deno.test(`ResolvConfFile restores ${name}`, () => {
    inFolder((path, folder) => {
      const inside = (command: string) => sh(`cd ${folder}; ${command}`);
      inside(make);
      const seen = inside(LOOK);
      const file = new ResolvConfFile(path);
      const before = file.look();
      file.write(OURS);
      strictEqual(Deno.readTextFileSync(path), OURS);
      strictEqual(Deno.lstatSync(path).isSymlink, false);
      strictEqual(Deno.statSync(path).mode! & 0o777, 0o644);
      // Another tunnel over it: what is kept stays the original.
      file.write(OURS.replaceAll("wg0", "wg1"));
      file.restore(before);
      strictEqual(inside(LOOK), seen);
      deepStrictEqual(file.look(), before);
    });
  });
}

Deno.test("ResolvConfFile restores the very same file", () => {
  inFolder((path) => {
    Deno.writeTextFileSync(path, "nameserver 1.1.1.1\n");
    const { ino, mtime } = Deno.statSync(path);
    const file = new ResolvConfFile(path);
    const before = file.look();
    file.write(OURS);
    file.restore(before);
    deepStrictEqual([Deno.statSync(path).ino, Deno.statSync(path).mtime], [
      ino,
      mtime,
    ]);
  });
});

Deno.test("ResolvConfFile restores from what was written down where nothing was kept", () => {
  inFolder((path) => {
    Deno.writeTextFileSync(path, "nameserver 1.1.1.1\n");
    Deno.chmodSync(path, 0o640);
    const file = new ResolvConfFile(path);
    const before = file.look();
    file.write(OURS);
    Deno.writeTextFileSync(`${path}.before-caktus`, "something else");
    file.restore(before);
    deepStrictEqual(file.look(), before);
    strictEqual(file.lookAtKept(), undefined);
  });
});

Deno.test("ResolvConfFile.write() fails where there is a folder, and leaves it", () => {
  inFolder((path) => {
    Deno.mkdirSync(path);
    throws(() => new ResolvConfFile(path).write(OURS));
    ok(Deno.statSync(path).isDirectory);
  });
});

namespaceTest(
  "ResolvConfFile writes in place what is mounted, also in a folder that is read-only",
  import.meta.url,
  () => {
    // The namespace has mounts of its own.
    const folder = sh("mktemp -d").trim();
    try {
      sh(`
        mount -t tmpfs none ${folder}; cd ${folder}
        echo 'nameserver 1.1.1.1' > theirs; chmod 640 theirs
        mkdir etc; touch etc/resolv.conf; mount --bind theirs etc/resolv.conf`);
      const path = `${folder}/etc/resolv.conf`;
      const file = new ResolvConfFile(path);
      const before = file.look();
      const tryIt = () => {
        const { ino } = Deno.statSync(path);
        file.write(OURS);
        strictEqual(Deno.readTextFileSync(path), OURS);
        file.restore(before);
        deepStrictEqual(file.look(), before);
        strictEqual(Deno.statSync(path).ino, ino);
      };
      tryIt();
      sh(`
        cd ${folder}; mount --bind etc etc; mount -o remount,bind,ro etc
        mount --bind theirs etc/resolv.conf`);
      tryIt();
      match(sh(`ls ${folder}/etc`), /^resolv\.conf\n$/);

      // A link in a folder that is read-only is written through.
      sh(`
        cd ${folder}; mkdir linked; ln -s ../theirs linked/resolv.conf
        mount --bind linked linked; mount -o remount,bind,ro linked`);
      const linked = new ResolvConfFile(`${folder}/linked/resolv.conf`);
      const led = linked.look();
      linked.write(OURS);
      strictEqual(Deno.readTextFileSync(`${folder}/theirs`), OURS);
      linked.restore(led);
      deepStrictEqual([linked.look(), file.look()], [led, before]);

      sh(`mount -o remount,bind,ro ${path}`);
      throws(() => file.write(OURS));
      deepStrictEqual(file.look(), before);
    } finally {
      sh(`umount --lazy ${folder}; rmdir ${folder}`);
    }
  },
);
