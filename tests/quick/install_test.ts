/**
 * The service: its unit as text and as systemd reads it, put in place and taken away in a folder of the test's own.
 *
 * @module
 */

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert";
import { install, type Place, uninstall } from "../../src/quick/install.ts";
import { unitText } from "../../src/quick/service_unit.ts";
import { tryShell } from "../ffi/namespace.ts";
import { CAKTUS } from "../program.ts";

const UNIT = "/etc/systemd/system/caktus@.service";

/** A machine whose paths lie in a folder, and what systemctl was told. */
function fakeMachine(paths: string[], root: string, running = "") {
  const told: string[] = [];
  const place: Place = {
    root,
    program: ["/usr/local/bin/caktus"],
    systemctl: (...words) => {
      told.push(words.join(" "));
      return Promise.resolve(words[0] === "list-units" ? running : "");
    },
    exists: (path) => paths.includes(path),
  };
  return { place, told };
}

async function inFolder(work: (folder: string) => Promise<void>) {
  const folder = Deno.makeTempDirSync();
  try {
    await work(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Lines of a unit that begin so. */
function linesOf(text: string, key: string): string[] {
  return text.split("\n").filter((line) => line.startsWith(`${key}=`));
}

Deno.test("unitText() starts, reloads and cleans up by this program, after the network", () => {
  const text = unitText(["/opt/my programs/100%/caktus", "$x"]);
  const program = '"/opt/my programs/100%%/caktus" "$$x"';
  deepStrictEqual(linesOf(text, "ExecStart"), [
    `ExecStart=${program} up --foreground %i`,
  ]);
  deepStrictEqual(linesOf(text, "ExecReload"), [
    `ExecReload=${program} reload %i`,
  ]);
  for (const key of ["After", "Wants"]) {
    deepStrictEqual(linesOf(text, key), [
      `${key}=network-online.target nss-lookup.target`,
    ]);
  }
  deepStrictEqual(linesOf(text, "CapabilityBoundingSet"), [
    "CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_RAW CAP_SETPCAP",
  ]);
  // V8 compiles as it runs, and would abort at start.
  ok(!text.includes("MemoryDenyWriteExecute"));
});

Deno.test("systemd finds nothing wrong with the unit", async () => {
  const found = tryShell("command -v systemd-analyze").code === 0;
  if (!found && Deno.env.get("CI") === undefined) {
    return console.error("!!! LEFT OUT, systemd-analyze is not installed");
  }
  await inFolder((folder) => {
    const file = `${folder}/caktus@.service`;
    Deno.writeTextFileSync(
      file,
      unitText(CAKTUS.length === 1 ? CAKTUS : [Deno.execPath()]),
    );
    const said = tryShell(`systemd-analyze verify --man=no ${file} 2>&1`);
    const ours = said.stdout.split("\n").filter((line) =>
      line.includes("caktus")
    );
    deepStrictEqual({ code: said.code, ours }, { code: 0, ours: [] });
    return Promise.resolve();
  });
});

Deno.test("install() writes the unit and enables it, uninstall() takes all away again", async () => {
  await inFolder(async (root) => {
    const { place } = fakeMachine([], root);
    deepStrictEqual(await install("wg0", place), [`${root}${UNIT} is written`]);
    strictEqual(Deno.readTextFileSync(root + UNIT), unitText(place.program));
    const wants = `${root}/etc/systemd/system/multi-user.target.wants`;
    Deno.mkdirSync(wants);
    Deno.symlinkSync(UNIT, `${wants}/caktus@wg0.service`);
    Deno.symlinkSync("/x", `${wants}/other.service`);
    await rejects(uninstall(place), { message: `there is no ${root}${UNIT}` });
    await uninstall(fakeMachine([root + UNIT], root).place);
    deepStrictEqual([...Deno.readDirSync(wants)].map(({ name }) => name), [
      "other.service",
    ]);
    deepStrictEqual(
      [...Deno.readDirSync(`${root}/etc/systemd/system`)].length,
      1,
    );
  });
});

Deno.test("uninstall() refuses while an interface is up by the service", async () => {
  const { place, told } = fakeMachine(
    [UNIT],
    "",
    "caktus@wg0.service loaded active running x",
  );
  await rejects(uninstall(place), {
    message: "caktus@wg0.service is running",
    hint: "stop it first: systemctl disable --now caktus@wg0.service",
  });
  deepStrictEqual(told, ["list-units --plain --no-legend caktus@*.service"]);
});

for (
  const [system, paths, hint] of [
    [
      "OpenRC",
      ["/sbin/openrc-run"],
      /command_args="up --foreground wg0"[^]*rc-update add caktus\.wg0/,
    ],
    [
      "runit",
      ["/etc/runit"],
      /exec \/usr\/local\/bin\/caktus up --foreground wg0\n/,
    ],
    ["", [], /at boot run: \/usr\/local\/bin\/caktus up --foreground wg0/],
  ] as const
) {
  Deno.test(`install() says what to do without systemd: ${system || "neither"}`, async () => {
    const { place, told } = fakeMachine([...paths], "");
    await rejects(install("wg0", place), (error: Error & { hint: string }) => {
      match(error.message, new RegExp(`${system}.*systemd`));
      match(error.hint, hint);
      return true;
    });
    deepStrictEqual(told, []);
  });
}
