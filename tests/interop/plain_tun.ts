/**
 * A program that opens a TUN device the old way, without virtio-net headers, and
 * starts another with it: `plain_tun.ts NAME PROGRAM WORD…`.
 *
 * @module
 */

import { O_RDWR, openFile } from "../../ffi/file.ts";
import { libc, succeed } from "../../ffi/libc.ts";
import { Struct } from "../../ffi/memory.ts";
import { keepDescriptors } from "../../ffi/process.ts";

const TUNSETIFF = 0x400454ca;
const IFF_TUN_NO_PI = 0x1001;
const NAME_CAPACITY = 16;

const [name = "", program = "", ...args] = Deno.args;
const request = new Struct(40);
request.bytes.set(new TextEncoder().encode(name));
request.setU32(NAME_CAPACITY, IFF_TUN_NO_PI);
const fd = openFile("/dev/net/tun", O_RDWR);
succeed(libc.ioctl(fd, TUNSETIFF, request.address), "TUNSETIFF", name);
keepDescriptors([fd]);
const env = { WG_TUN_FD: `${fd}` };
const { code } = await new Deno.Command(program, { args, env }).output();
Deno.exit(code);
