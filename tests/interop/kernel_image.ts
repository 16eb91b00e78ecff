/**
 * Builds the smallest machine that has Linux's own WireGuard: a distribution's kernel, and a file system in memory
 * with busybox, ip, ping, wg and iperf3.
 *
 * ```text
 * apt-get download ─▶ vmlinuz, modules ─┐
 * programs of this system, libraries ───┴─▶ initrd.gz   (cpio; unpacked, it is the machine's whole disk)
 * ```
 *
 * The machine's init runs each line that comes on its second serial port and answers with the output and the status:
 * see kernel.ts, which speaks to it.
 *
 * @module
 */

import { must, run } from "./process.ts";

/** Where the image lies in the cache; the number changes when this file makes another one. */
export const IMAGE_FOLDER = "kernel-2";

/** What the machine says on the console once it takes commands. */
export const READY = "CAKTUS-MACHINE-READY";

/** Comes after each command's output, before its status. */
export const END = "CAKTUS-END";

const PROGRAMS = ["bash", "wg", "ip", "ping", "iperf3"];

const APPLETS =
  "sh mount mkdir ln sleep cat echo printf poweroff ls sysctl dmesg seq kill grep sed head tail wc insmod env true timeout nc stty dd rm tr base64 setsid date";

const MODULES = ["wireguard", "virtio_net", "virtio_pci"];

/** Kernel packages by the package that depends on the current one: Debian, then Ubuntu. */
const META_PACKAGES = ["linux-image-cloud-amd64", "linux-image-virtual"];

/** Builds `vmlinuz` and `initrd.gz` in the folder. @throws Error saying which step failed */
export async function buildImage(folder: string): Promise<void> {
  const work = `${folder}/work`;
  await Deno.remove(work, { recursive: true }).catch(() => {});
  await Deno.mkdir(`${work}/root/lib`, { recursive: true });
  await unpackKernel(work);
  await copyModules(work);
  await copyPrograms(`${work}/root`);
  await Deno.writeTextFile(`${work}/root/init`, INIT, { mode: 0o755 });
  await must([
    "bash",
    "-c",
    `cp ${work}/kernel/boot/vmlinuz-* ${folder}/vmlinuz`,
  ]);
  const pack =
    `cd ${work}/root && find . | cpio -o -H newc --quiet | gzip -1 > ${folder}/initrd.new`;
  await must(["bash", "-o", "pipefail", "-c", pack]);
  await Deno.rename(`${folder}/initrd.new`, `${folder}/initrd.gz`);
  await Deno.remove(work, { recursive: true });
}

/** Downloads the kernel and, where they are apart (Ubuntu), its modules. */
async function unpackKernel(work: string): Promise<void> {
  const image = await currentKernel();
  const modules = image.replace("linux-image-", "linux-modules-");
  const apart = (await run(["apt-cache", "show", modules])).code === 0
    ? [modules]
    : [];
  // apt drops its privileges to write here, hence the mode.
  await must([
    "bash",
    "-c",
    `chmod 777 ${work} && cd ${work} && apt-get download -qq ${
      [image, ...apart].join(" ")
    }`,
  ], {
    timeout: 300_000,
  });
  await must([
    "bash",
    "-c",
    `cd ${work} && for each in *.deb; do dpkg-deb -x "$each" kernel; done`,
  ], { timeout: 120_000 });
}

async function currentKernel(): Promise<string> {
  for (const meta of META_PACKAGES) {
    const depends = await run(["apt-cache", "depends", meta]);
    const match = depends.stdout.match(/Depends: (linux-image-\d\S+)/);
    if (match?.[1]) return match[1];
  }
  throw new Error(`apt knows none of ${META_PACKAGES.join(", ")}`);
}

/** Copies the modules and those that they need, unpacked, in the order in which they must be loaded. */
async function copyModules(work: string): Promise<void> {
  const kernel = `${work}/kernel`;
  // A merged /usr has the modules under /usr/lib; kmod looks in one of both, by its build.
  await must([
    "bash",
    "-c",
    `cd ${kernel} && if [ -d usr/lib/modules ] && [ ! -e lib ]; then ln -s usr/lib lib; else mkdir -p usr && ln -sfn ../lib usr/lib; fi`,
  ]);
  const version = (await must(["ls", `${kernel}/lib/modules`])).trim();
  await must(["depmod", "-b", kernel, version], { timeout: 60_000 });
  const paths: string[] = [];
  for (const module of MODULES) {
    const listed = await must([
      "modprobe",
      "-d",
      kernel,
      "-S",
      version,
      "--show-depends",
      module,
    ]);
    paths.push(
      ...[...listed.matchAll(/^insmod (\S+)/gm)].map((match) => match[1] ?? ""),
    );
  }
  const names: string[] = [];
  for (const path of new Set(paths)) {
    names.push(await copyModule(path, `${work}/root/lib`));
  }
  await Deno.writeTextFile(
    `${work}/root/modules`,
    names.map((name) => `/lib/${name}\n`).join(""),
  );
}

async function copyModule(path: string, folder: string): Promise<string> {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.(xz|zst)$/, "");
  const unpack = path.endsWith(".xz")
    ? "xz -dc"
    : path.endsWith(".zst")
    ? "zstd -dcq"
    : "cat";
  await must(["bash", "-c", `${unpack} '${path}' > '${folder}/${name}'`]);
  return name;
}

async function copyPrograms(root: string): Promise<void> {
  const script = `
set -e
cd ${root}; mkdir -p bin sbin proc sys dev etc tmp run usr/bin var/run
cp "$(command -v busybox)" bin/busybox
for each in ${APPLETS}; do ln -sf busybox bin/$each; done
for each in ${PROGRAMS.join(" ")}; do
  path=$(readlink -f "$(command -v $each)"); cp "$path" usr/bin/$each
  ldd "$path" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "./$(dirname "$library")"; cp -L "$library" ".$library"
  done
done`;
  await must(["bash", "-c", script]);
}

const INIT = `#!/usr/bin/bash
export PATH=/usr/bin:/bin:/sbin LC_ALL=C HOME=/
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
ln -s /proc/self/fd /dev/fd
while read -r module; do insmod $module; done < /modules
ip link set lo up
stty -F /dev/ttyS1 raw -echo
exec 5<>/dev/ttyS1
echo ${READY}
while read -r line <&5; do
  echo "$line" | base64 -d > /tmp/command
  bash /tmp/command > /tmp/stdout 2> /tmp/stderr </dev/null
  status=$?
  { base64 -w 0 /tmp/stdout; echo; base64 -w 0 /tmp/stderr; echo; echo "${END} $status"; } >&5
done
poweroff -f
`;
