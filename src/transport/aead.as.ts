// ChaCha20-Poly1305 in AssemblyScript (RFC 8439), in place, in batches, without AAD and with the nonce 0⁴ ‖ counter: WireGuard's transport data and nothing else (whitepaper §5.4.6).
// Two groups of four ChaCha20 blocks run side by side, interleaved with the Poly1305 of the packet before: the shape that V8 turns into 256-bit operations.
// A descriptor is six u32: key, data, length without tag, out: authentic, counter low, counter high. seal_batch(descriptors, count); open_batch(descriptors, count) → how many were authentic.
// `base` is 4 KiB of scratch of this instance. A packet needs its length + 16 bytes.
@external("env","base") declare const base: usize;

// ---- fixed scratch layout (below memoryBase) ----








@inline function sh(x: v128, n: i32): v128 { return v128.or(i32x4.shl(x, n), i32x4.shr_u(x, 32 - n)); }
@inline function s16(x: v128): v128 { return i8x16.shuffle(x, x, 2,3,0,1,6,7,4,5,10,11,8,9,14,15,12,13); }
@inline function lo32(a: v128, b: v128): v128 { return i8x16.shuffle(a, b, 0,1,2,3,16,17,18,19,4,5,6,7,20,21,22,23); }
@inline function hi32(a: v128, b: v128): v128 { return i8x16.shuffle(a, b, 8,9,10,11,24,25,26,27,12,13,14,15,28,29,30,31); }
@inline function lo64(a: v128, b: v128): v128 { return i8x16.shuffle(a, b, 0,1,2,3,4,5,6,7,16,17,18,19,20,21,22,23); }
@inline function hi64(a: v128, b: v128): v128 { return i8x16.shuffle(a, b, 8,9,10,11,12,13,14,15,24,25,26,27,28,29,30,31); }
@inline function lo(x: u64): u64 { return x & 0xffffffff; }
@inline function xst(d: usize, o: usize, k: v128): void { v128.store(d + o, v128.xor(v128.load(d + o), k)); }
// 4 ChaCha20 blocks
function cc4(mx: i32, dx: usize, ctr: u32): void {
let t0: v128, t1: v128, t2: v128, t3: v128;
const xc = i32x4.add(i32x4.splat(ctr), i32x4(0,1,2,3));
let x0 = v128.load32_splat((base + 1024), 0);
let x1 = v128.load32_splat((base + 1024), 4);
let x2 = v128.load32_splat((base + 1024), 8);
let x3 = v128.load32_splat((base + 1024), 12);
let x4 = v128.load32_splat((base + 1024), 16);
let x5 = v128.load32_splat((base + 1024), 20);
let x6 = v128.load32_splat((base + 1024), 24);
let x7 = v128.load32_splat((base + 1024), 28);
let x8 = v128.load32_splat((base + 1024), 32);
let x9 = v128.load32_splat((base + 1024), 36);
let x10 = v128.load32_splat((base + 1024), 40);
let x11 = v128.load32_splat((base + 1024), 44);
let x12 = xc;
let x13 = v128.load32_splat((base + 1024), 52);
let x14 = v128.load32_splat((base + 1024), 56);
let x15 = v128.load32_splat((base + 1024), 60);
for (let i = 0; i < 10; i++) {
x0 = i32x4.add(x0, x4); x12 = v128.xor(x12, x0); x12 = sh(x12, 16);
x8 = i32x4.add(x8, x12); x4 = v128.xor(x4, x8); x4 = sh(x4, 12);
x0 = i32x4.add(x0, x4); x12 = v128.xor(x12, x0); x12 = sh(x12, 8);
x8 = i32x4.add(x8, x12); x4 = v128.xor(x4, x8); x4 = sh(x4, 7);
x1 = i32x4.add(x1, x5); x13 = v128.xor(x13, x1); x13 = sh(x13, 16);
x9 = i32x4.add(x9, x13); x5 = v128.xor(x5, x9); x5 = sh(x5, 12);
x1 = i32x4.add(x1, x5); x13 = v128.xor(x13, x1); x13 = sh(x13, 8);
x9 = i32x4.add(x9, x13); x5 = v128.xor(x5, x9); x5 = sh(x5, 7);
x2 = i32x4.add(x2, x6); x14 = v128.xor(x14, x2); x14 = sh(x14, 16);
x10 = i32x4.add(x10, x14); x6 = v128.xor(x6, x10); x6 = sh(x6, 12);
x2 = i32x4.add(x2, x6); x14 = v128.xor(x14, x2); x14 = sh(x14, 8);
x10 = i32x4.add(x10, x14); x6 = v128.xor(x6, x10); x6 = sh(x6, 7);
x3 = i32x4.add(x3, x7); x15 = v128.xor(x15, x3); x15 = sh(x15, 16);
x11 = i32x4.add(x11, x15); x7 = v128.xor(x7, x11); x7 = sh(x7, 12);
x3 = i32x4.add(x3, x7); x15 = v128.xor(x15, x3); x15 = sh(x15, 8);
x11 = i32x4.add(x11, x15); x7 = v128.xor(x7, x11); x7 = sh(x7, 7);
x0 = i32x4.add(x0, x5); x15 = v128.xor(x15, x0); x15 = sh(x15, 16);
x10 = i32x4.add(x10, x15); x5 = v128.xor(x5, x10); x5 = sh(x5, 12);
x0 = i32x4.add(x0, x5); x15 = v128.xor(x15, x0); x15 = sh(x15, 8);
x10 = i32x4.add(x10, x15); x5 = v128.xor(x5, x10); x5 = sh(x5, 7);
x1 = i32x4.add(x1, x6); x12 = v128.xor(x12, x1); x12 = sh(x12, 16);
x11 = i32x4.add(x11, x12); x6 = v128.xor(x6, x11); x6 = sh(x6, 12);
x1 = i32x4.add(x1, x6); x12 = v128.xor(x12, x1); x12 = sh(x12, 8);
x11 = i32x4.add(x11, x12); x6 = v128.xor(x6, x11); x6 = sh(x6, 7);
x2 = i32x4.add(x2, x7); x13 = v128.xor(x13, x2); x13 = sh(x13, 16);
x8 = i32x4.add(x8, x13); x7 = v128.xor(x7, x8); x7 = sh(x7, 12);
x2 = i32x4.add(x2, x7); x13 = v128.xor(x13, x2); x13 = sh(x13, 8);
x8 = i32x4.add(x8, x13); x7 = v128.xor(x7, x8); x7 = sh(x7, 7);
x3 = i32x4.add(x3, x4); x14 = v128.xor(x14, x3); x14 = sh(x14, 16);
x9 = i32x4.add(x9, x14); x4 = v128.xor(x4, x9); x4 = sh(x4, 12);
x3 = i32x4.add(x3, x4); x14 = v128.xor(x14, x3); x14 = sh(x14, 8);
x9 = i32x4.add(x9, x14); x4 = v128.xor(x4, x9); x4 = sh(x4, 7);
}
x0 = i32x4.add(x0, v128.load32_splat((base + 1024), 0));
x1 = i32x4.add(x1, v128.load32_splat((base + 1024), 4));
x2 = i32x4.add(x2, v128.load32_splat((base + 1024), 8));
x3 = i32x4.add(x3, v128.load32_splat((base + 1024), 12));
x4 = i32x4.add(x4, v128.load32_splat((base + 1024), 16));
x5 = i32x4.add(x5, v128.load32_splat((base + 1024), 20));
x6 = i32x4.add(x6, v128.load32_splat((base + 1024), 24));
x7 = i32x4.add(x7, v128.load32_splat((base + 1024), 28));
x8 = i32x4.add(x8, v128.load32_splat((base + 1024), 32));
x9 = i32x4.add(x9, v128.load32_splat((base + 1024), 36));
x10 = i32x4.add(x10, v128.load32_splat((base + 1024), 40));
x11 = i32x4.add(x11, v128.load32_splat((base + 1024), 44));
x12 = i32x4.add(x12, xc);
x13 = i32x4.add(x13, v128.load32_splat((base + 1024), 52));
x14 = i32x4.add(x14, v128.load32_splat((base + 1024), 56));
x15 = i32x4.add(x15, v128.load32_splat((base + 1024), 60));
if (mx == 1) {
t0 = lo32(x0, x1); t1 = lo32(x2, x3); t2 = hi32(x0, x1); t3 = hi32(x2, x3);
v128.store(dx, v128.xor(v128.load(dx, 0), lo64(t0, t1)), 0); v128.store(dx, v128.xor(v128.load(dx, 64), hi64(t0, t1)), 64); v128.store(dx, v128.xor(v128.load(dx, 128), lo64(t2, t3)), 128); v128.store(dx, v128.xor(v128.load(dx, 192), hi64(t2, t3)), 192);
t0 = lo32(x4, x5); t1 = lo32(x6, x7); t2 = hi32(x4, x5); t3 = hi32(x6, x7);
v128.store(dx, v128.xor(v128.load(dx, 16), lo64(t0, t1)), 16); v128.store(dx, v128.xor(v128.load(dx, 80), hi64(t0, t1)), 80); v128.store(dx, v128.xor(v128.load(dx, 144), lo64(t2, t3)), 144); v128.store(dx, v128.xor(v128.load(dx, 208), hi64(t2, t3)), 208);
t0 = lo32(x8, x9); t1 = lo32(x10, x11); t2 = hi32(x8, x9); t3 = hi32(x10, x11);
v128.store(dx, v128.xor(v128.load(dx, 32), lo64(t0, t1)), 32); v128.store(dx, v128.xor(v128.load(dx, 96), hi64(t0, t1)), 96); v128.store(dx, v128.xor(v128.load(dx, 160), lo64(t2, t3)), 160); v128.store(dx, v128.xor(v128.load(dx, 224), hi64(t2, t3)), 224);
t0 = lo32(x12, x13); t1 = lo32(x14, x15); t2 = hi32(x12, x13); t3 = hi32(x14, x15);
v128.store(dx, v128.xor(v128.load(dx, 48), lo64(t0, t1)), 48); v128.store(dx, v128.xor(v128.load(dx, 112), hi64(t0, t1)), 112); v128.store(dx, v128.xor(v128.load(dx, 176), lo64(t2, t3)), 176); v128.store(dx, v128.xor(v128.load(dx, 240), hi64(t2, t3)), 240);
} else if (mx == 2) {
t0 = lo32(x0, x1); t1 = lo32(x2, x3); t2 = hi32(x0, x1); t3 = hi32(x2, x3);
v128.store((base + 1280), lo64(t0, t1), 0); v128.store(dx, v128.xor(v128.load(dx, 0), hi64(t0, t1)), 0); v128.store(dx, v128.xor(v128.load(dx, 64), lo64(t2, t3)), 64); v128.store(dx, v128.xor(v128.load(dx, 128), hi64(t2, t3)), 128);
t0 = lo32(x4, x5); t1 = lo32(x6, x7); t2 = hi32(x4, x5); t3 = hi32(x6, x7);
v128.store((base + 1280), lo64(t0, t1), 16); v128.store(dx, v128.xor(v128.load(dx, 16), hi64(t0, t1)), 16); v128.store(dx, v128.xor(v128.load(dx, 80), lo64(t2, t3)), 80); v128.store(dx, v128.xor(v128.load(dx, 144), hi64(t2, t3)), 144);
t0 = lo32(x8, x9); t1 = lo32(x10, x11); t2 = hi32(x8, x9); t3 = hi32(x10, x11);
 v128.store(dx, v128.xor(v128.load(dx, 32), hi64(t0, t1)), 32); v128.store(dx, v128.xor(v128.load(dx, 96), lo64(t2, t3)), 96); v128.store(dx, v128.xor(v128.load(dx, 160), hi64(t2, t3)), 160);
t0 = lo32(x12, x13); t1 = lo32(x14, x15); t2 = hi32(x12, x13); t3 = hi32(x14, x15);
 v128.store(dx, v128.xor(v128.load(dx, 48), hi64(t0, t1)), 48); v128.store(dx, v128.xor(v128.load(dx, 112), lo64(t2, t3)), 112); v128.store(dx, v128.xor(v128.load(dx, 176), hi64(t2, t3)), 176);
} else {
t0 = lo32(x0, x1); t1 = lo32(x2, x3); t2 = hi32(x0, x1); t3 = hi32(x2, x3);
v128.store(dx, lo64(t0, t1), 0); v128.store(dx, hi64(t0, t1), 64); v128.store(dx, lo64(t2, t3), 128); v128.store(dx, hi64(t2, t3), 192);
t0 = lo32(x4, x5); t1 = lo32(x6, x7); t2 = hi32(x4, x5); t3 = hi32(x6, x7);
v128.store(dx, lo64(t0, t1), 16); v128.store(dx, hi64(t0, t1), 80); v128.store(dx, lo64(t2, t3), 144); v128.store(dx, hi64(t2, t3), 208);
t0 = lo32(x8, x9); t1 = lo32(x10, x11); t2 = hi32(x8, x9); t3 = hi32(x10, x11);
v128.store(dx, lo64(t0, t1), 32); v128.store(dx, hi64(t0, t1), 96); v128.store(dx, lo64(t2, t3), 160); v128.store(dx, hi64(t2, t3), 224);
t0 = lo32(x12, x13); t1 = lo32(x14, x15); t2 = hi32(x12, x13); t3 = hi32(x14, x15);
v128.store(dx, lo64(t0, t1), 48); v128.store(dx, hi64(t0, t1), 112); v128.store(dx, lo64(t2, t3), 176); v128.store(dx, hi64(t2, t3), 240);
}
}
// same, with np >= 10 Poly1305 blocks at pp interleaved
function cc4p(mx: i32, dx: usize, ctr: u32, pp: usize, np: i32): void {
let t0: v128, t1: v128, t2: v128, t3: v128;
const xc = i32x4.add(i32x4.splat(ctr), i32x4(0,1,2,3));
let x0 = v128.load32_splat((base + 1024), 0);
let x1 = v128.load32_splat((base + 1024), 4);
let x2 = v128.load32_splat((base + 1024), 8);
let x3 = v128.load32_splat((base + 1024), 12);
let x4 = v128.load32_splat((base + 1024), 16);
let x5 = v128.load32_splat((base + 1024), 20);
let x6 = v128.load32_splat((base + 1024), 24);
let x7 = v128.load32_splat((base + 1024), 28);
let x8 = v128.load32_splat((base + 1024), 32);
let x9 = v128.load32_splat((base + 1024), 36);
let x10 = v128.load32_splat((base + 1024), 40);
let x11 = v128.load32_splat((base + 1024), 44);
let x12 = xc;
let x13 = v128.load32_splat((base + 1024), 52);
let x14 = v128.load32_splat((base + 1024), 56);
let x15 = v128.load32_splat((base + 1024), 60);
let h0 = load<u64>((base + 1152)), h1 = load<u64>((base + 1152), 8), h2 = load<u64>((base + 1152), 16), h3 = load<u64>((base + 1152), 24), h4 = load<u64>((base + 1152), 32);
const r0 = load<u64>((base + 1152), 40), r1 = load<u64>((base + 1152), 48), r2 = load<u64>((base + 1152), 56), r3 = load<u64>((base + 1152), 64), s1 = load<u64>((base + 1152), 72), s2 = load<u64>((base + 1152), 80), s3 = load<u64>((base + 1152), 88);
let d0: u64, d1: u64, d2: u64, d3: u64, w0: u64, w1: u64;

while (np > 20) { h0 += <u64>load<u32>(pp); h1 += <u64>load<u32>(pp, 4); h2 += <u64>load<u32>(pp, 8); h3 += <u64>load<u32>(pp, 12); h4 += 1;
d0 = h0 * r0 + h1 * s3 + h2 * s2 + h3 * s1;
d1 = h0 * r1 + h1 * r0 + h2 * s3 + h3 * s2 + h4 * s1;
d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s3 + h4 * s2;
d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s3;
d1 += d0 >> 32; d2 += d1 >> 32; d3 += d2 >> 32; h4 = h4 * r0 + (d3 >> 32);
h0 = lo(d0) + (h4 >> 2) + (h4 & ~3); h4 &= 3; h1 = lo(d1); h2 = lo(d2); h3 = lo(d3);
pp += 16;
 np--; }
const m = np - 10;
for (let i = 0; i < 10; i++) {
x0 = i32x4.add(x0, x4); x12 = v128.xor(x12, x0); x12 = sh(x12, 16);
x8 = i32x4.add(x8, x12); x4 = v128.xor(x4, x8); x4 = sh(x4, 12);
x0 = i32x4.add(x0, x4); x12 = v128.xor(x12, x0); x12 = sh(x12, 8);
x8 = i32x4.add(x8, x12); x4 = v128.xor(x4, x8); x4 = sh(x4, 7);
x1 = i32x4.add(x1, x5); x13 = v128.xor(x13, x1); x13 = sh(x13, 16);
x9 = i32x4.add(x9, x13); x5 = v128.xor(x5, x9); x5 = sh(x5, 12);
x1 = i32x4.add(x1, x5); x13 = v128.xor(x13, x1); x13 = sh(x13, 8);
x9 = i32x4.add(x9, x13); x5 = v128.xor(x5, x9); x5 = sh(x5, 7);
x2 = i32x4.add(x2, x6); x14 = v128.xor(x14, x2); x14 = sh(x14, 16);
x10 = i32x4.add(x10, x14); x6 = v128.xor(x6, x10); x6 = sh(x6, 12);
x2 = i32x4.add(x2, x6); x14 = v128.xor(x14, x2); x14 = sh(x14, 8);
x10 = i32x4.add(x10, x14); x6 = v128.xor(x6, x10); x6 = sh(x6, 7);
x3 = i32x4.add(x3, x7); x15 = v128.xor(x15, x3); x15 = sh(x15, 16);
x11 = i32x4.add(x11, x15); x7 = v128.xor(x7, x11); x7 = sh(x7, 12);
x3 = i32x4.add(x3, x7); x15 = v128.xor(x15, x3); x15 = sh(x15, 8);
x11 = i32x4.add(x11, x15); x7 = v128.xor(x7, x11); x7 = sh(x7, 7);
h0 += <u64>load<u32>(pp); h1 += <u64>load<u32>(pp, 4); h2 += <u64>load<u32>(pp, 8); h3 += <u64>load<u32>(pp, 12); h4 += 1;
d0 = h0 * r0 + h1 * s3 + h2 * s2 + h3 * s1;
d1 = h0 * r1 + h1 * r0 + h2 * s3 + h3 * s2 + h4 * s1;
d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s3 + h4 * s2;
d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s3;
d1 += d0 >> 32; d2 += d1 >> 32; d3 += d2 >> 32; h4 = h4 * r0 + (d3 >> 32);
h0 = lo(d0) + (h4 >> 2) + (h4 & ~3); h4 &= 3; h1 = lo(d1); h2 = lo(d2); h3 = lo(d3);
pp += 16;
x0 = i32x4.add(x0, x5); x15 = v128.xor(x15, x0); x15 = sh(x15, 16);
x10 = i32x4.add(x10, x15); x5 = v128.xor(x5, x10); x5 = sh(x5, 12);
x0 = i32x4.add(x0, x5); x15 = v128.xor(x15, x0); x15 = sh(x15, 8);
x10 = i32x4.add(x10, x15); x5 = v128.xor(x5, x10); x5 = sh(x5, 7);
x1 = i32x4.add(x1, x6); x12 = v128.xor(x12, x1); x12 = sh(x12, 16);
x11 = i32x4.add(x11, x12); x6 = v128.xor(x6, x11); x6 = sh(x6, 12);
x1 = i32x4.add(x1, x6); x12 = v128.xor(x12, x1); x12 = sh(x12, 8);
x11 = i32x4.add(x11, x12); x6 = v128.xor(x6, x11); x6 = sh(x6, 7);
x2 = i32x4.add(x2, x7); x13 = v128.xor(x13, x2); x13 = sh(x13, 16);
x8 = i32x4.add(x8, x13); x7 = v128.xor(x7, x8); x7 = sh(x7, 12);
x2 = i32x4.add(x2, x7); x13 = v128.xor(x13, x2); x13 = sh(x13, 8);
x8 = i32x4.add(x8, x13); x7 = v128.xor(x7, x8); x7 = sh(x7, 7);
x3 = i32x4.add(x3, x4); x14 = v128.xor(x14, x3); x14 = sh(x14, 16);
x9 = i32x4.add(x9, x14); x4 = v128.xor(x4, x9); x4 = sh(x4, 12);
x3 = i32x4.add(x3, x4); x14 = v128.xor(x14, x3); x14 = sh(x14, 8);
x9 = i32x4.add(x9, x14); x4 = v128.xor(x4, x9); x4 = sh(x4, 7);
if (i < m) {
h0 += <u64>load<u32>(pp); h1 += <u64>load<u32>(pp, 4); h2 += <u64>load<u32>(pp, 8); h3 += <u64>load<u32>(pp, 12); h4 += 1;
d0 = h0 * r0 + h1 * s3 + h2 * s2 + h3 * s1;
d1 = h0 * r1 + h1 * r0 + h2 * s3 + h3 * s2 + h4 * s1;
d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s3 + h4 * s2;
d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s3;
d1 += d0 >> 32; d2 += d1 >> 32; d3 += d2 >> 32; h4 = h4 * r0 + (d3 >> 32);
h0 = lo(d0) + (h4 >> 2) + (h4 & ~3); h4 &= 3; h1 = lo(d1); h2 = lo(d2); h3 = lo(d3);
pp += 16;
}
}
store<u64>((base + 1152), h0); store<u64>((base + 1152), h1, 8); store<u64>((base + 1152), h2, 16); store<u64>((base + 1152), h3, 24); store<u64>((base + 1152), h4, 32);
x0 = i32x4.add(x0, v128.load32_splat((base + 1024), 0));
x1 = i32x4.add(x1, v128.load32_splat((base + 1024), 4));
x2 = i32x4.add(x2, v128.load32_splat((base + 1024), 8));
x3 = i32x4.add(x3, v128.load32_splat((base + 1024), 12));
x4 = i32x4.add(x4, v128.load32_splat((base + 1024), 16));
x5 = i32x4.add(x5, v128.load32_splat((base + 1024), 20));
x6 = i32x4.add(x6, v128.load32_splat((base + 1024), 24));
x7 = i32x4.add(x7, v128.load32_splat((base + 1024), 28));
x8 = i32x4.add(x8, v128.load32_splat((base + 1024), 32));
x9 = i32x4.add(x9, v128.load32_splat((base + 1024), 36));
x10 = i32x4.add(x10, v128.load32_splat((base + 1024), 40));
x11 = i32x4.add(x11, v128.load32_splat((base + 1024), 44));
x12 = i32x4.add(x12, xc);
x13 = i32x4.add(x13, v128.load32_splat((base + 1024), 52));
x14 = i32x4.add(x14, v128.load32_splat((base + 1024), 56));
x15 = i32x4.add(x15, v128.load32_splat((base + 1024), 60));
if (mx == 1) {
t0 = lo32(x0, x1); t1 = lo32(x2, x3); t2 = hi32(x0, x1); t3 = hi32(x2, x3);
v128.store(dx, v128.xor(v128.load(dx, 0), lo64(t0, t1)), 0); v128.store(dx, v128.xor(v128.load(dx, 64), hi64(t0, t1)), 64); v128.store(dx, v128.xor(v128.load(dx, 128), lo64(t2, t3)), 128); v128.store(dx, v128.xor(v128.load(dx, 192), hi64(t2, t3)), 192);
t0 = lo32(x4, x5); t1 = lo32(x6, x7); t2 = hi32(x4, x5); t3 = hi32(x6, x7);
v128.store(dx, v128.xor(v128.load(dx, 16), lo64(t0, t1)), 16); v128.store(dx, v128.xor(v128.load(dx, 80), hi64(t0, t1)), 80); v128.store(dx, v128.xor(v128.load(dx, 144), lo64(t2, t3)), 144); v128.store(dx, v128.xor(v128.load(dx, 208), hi64(t2, t3)), 208);
t0 = lo32(x8, x9); t1 = lo32(x10, x11); t2 = hi32(x8, x9); t3 = hi32(x10, x11);
v128.store(dx, v128.xor(v128.load(dx, 32), lo64(t0, t1)), 32); v128.store(dx, v128.xor(v128.load(dx, 96), hi64(t0, t1)), 96); v128.store(dx, v128.xor(v128.load(dx, 160), lo64(t2, t3)), 160); v128.store(dx, v128.xor(v128.load(dx, 224), hi64(t2, t3)), 224);
t0 = lo32(x12, x13); t1 = lo32(x14, x15); t2 = hi32(x12, x13); t3 = hi32(x14, x15);
v128.store(dx, v128.xor(v128.load(dx, 48), lo64(t0, t1)), 48); v128.store(dx, v128.xor(v128.load(dx, 112), hi64(t0, t1)), 112); v128.store(dx, v128.xor(v128.load(dx, 176), lo64(t2, t3)), 176); v128.store(dx, v128.xor(v128.load(dx, 240), hi64(t2, t3)), 240);
} else if (mx == 2) {
t0 = lo32(x0, x1); t1 = lo32(x2, x3); t2 = hi32(x0, x1); t3 = hi32(x2, x3);
v128.store((base + 1280), lo64(t0, t1), 0); v128.store(dx, v128.xor(v128.load(dx, 0), hi64(t0, t1)), 0); v128.store(dx, v128.xor(v128.load(dx, 64), lo64(t2, t3)), 64); v128.store(dx, v128.xor(v128.load(dx, 128), hi64(t2, t3)), 128);
t0 = lo32(x4, x5); t1 = lo32(x6, x7); t2 = hi32(x4, x5); t3 = hi32(x6, x7);
v128.store((base + 1280), lo64(t0, t1), 16); v128.store(dx, v128.xor(v128.load(dx, 16), hi64(t0, t1)), 16); v128.store(dx, v128.xor(v128.load(dx, 80), lo64(t2, t3)), 80); v128.store(dx, v128.xor(v128.load(dx, 144), hi64(t2, t3)), 144);
t0 = lo32(x8, x9); t1 = lo32(x10, x11); t2 = hi32(x8, x9); t3 = hi32(x10, x11);
 v128.store(dx, v128.xor(v128.load(dx, 32), hi64(t0, t1)), 32); v128.store(dx, v128.xor(v128.load(dx, 96), lo64(t2, t3)), 96); v128.store(dx, v128.xor(v128.load(dx, 160), hi64(t2, t3)), 160);
t0 = lo32(x12, x13); t1 = lo32(x14, x15); t2 = hi32(x12, x13); t3 = hi32(x14, x15);
 v128.store(dx, v128.xor(v128.load(dx, 48), hi64(t0, t1)), 48); v128.store(dx, v128.xor(v128.load(dx, 112), lo64(t2, t3)), 112); v128.store(dx, v128.xor(v128.load(dx, 176), hi64(t2, t3)), 176);
} else {
t0 = lo32(x0, x1); t1 = lo32(x2, x3); t2 = hi32(x0, x1); t3 = hi32(x2, x3);
v128.store(dx, lo64(t0, t1), 0); v128.store(dx, hi64(t0, t1), 64); v128.store(dx, lo64(t2, t3), 128); v128.store(dx, hi64(t2, t3), 192);
t0 = lo32(x4, x5); t1 = lo32(x6, x7); t2 = hi32(x4, x5); t3 = hi32(x6, x7);
v128.store(dx, lo64(t0, t1), 16); v128.store(dx, hi64(t0, t1), 80); v128.store(dx, lo64(t2, t3), 144); v128.store(dx, hi64(t2, t3), 208);
t0 = lo32(x8, x9); t1 = lo32(x10, x11); t2 = hi32(x8, x9); t3 = hi32(x10, x11);
v128.store(dx, lo64(t0, t1), 32); v128.store(dx, hi64(t0, t1), 96); v128.store(dx, lo64(t2, t3), 160); v128.store(dx, hi64(t2, t3), 224);
t0 = lo32(x12, x13); t1 = lo32(x14, x15); t2 = hi32(x12, x13); t3 = hi32(x14, x15);
v128.store(dx, lo64(t0, t1), 48); v128.store(dx, hi64(t0, t1), 112); v128.store(dx, lo64(t2, t3), 176); v128.store(dx, hi64(t2, t3), 240);
}
}
// 8 ChaCha20 blocks
function cc8(mx: i32, dx: usize, my: i32, dy: usize, ctr: u32): void {
let t0: v128, t1: v128, t2: v128, t3: v128;
const xc = i32x4.add(i32x4.splat(ctr), i32x4(0,1,2,3));
let x0 = v128.load32_splat((base + 1024), 0);
let x1 = v128.load32_splat((base + 1024), 4);
let x2 = v128.load32_splat((base + 1024), 8);
let x3 = v128.load32_splat((base + 1024), 12);
let x4 = v128.load32_splat((base + 1024), 16);
let x5 = v128.load32_splat((base + 1024), 20);
let x6 = v128.load32_splat((base + 1024), 24);
let x7 = v128.load32_splat((base + 1024), 28);
let x8 = v128.load32_splat((base + 1024), 32);
let x9 = v128.load32_splat((base + 1024), 36);
let x10 = v128.load32_splat((base + 1024), 40);
let x11 = v128.load32_splat((base + 1024), 44);
let x12 = xc;
let x13 = v128.load32_splat((base + 1024), 52);
let x14 = v128.load32_splat((base + 1024), 56);
let x15 = v128.load32_splat((base + 1024), 60);
const yc = i32x4.add(i32x4.splat(ctr), i32x4(4,5,6,7));
let y0 = v128.load32_splat((base + 1024), 0);
let y1 = v128.load32_splat((base + 1024), 4);
let y2 = v128.load32_splat((base + 1024), 8);
let y3 = v128.load32_splat((base + 1024), 12);
let y4 = v128.load32_splat((base + 1024), 16);
let y5 = v128.load32_splat((base + 1024), 20);
let y6 = v128.load32_splat((base + 1024), 24);
let y7 = v128.load32_splat((base + 1024), 28);
let y8 = v128.load32_splat((base + 1024), 32);
let y9 = v128.load32_splat((base + 1024), 36);
let y10 = v128.load32_splat((base + 1024), 40);
let y11 = v128.load32_splat((base + 1024), 44);
let y12 = yc;
let y13 = v128.load32_splat((base + 1024), 52);
let y14 = v128.load32_splat((base + 1024), 56);
let y15 = v128.load32_splat((base + 1024), 60);
for (let i = 0; i < 10; i++) {
x0 = i32x4.add(x0, x4); x12 = v128.xor(x12, x0); x12 = sh(x12, 16);
x8 = i32x4.add(x8, x12); x4 = v128.xor(x4, x8); x4 = sh(x4, 12);
x0 = i32x4.add(x0, x4); x12 = v128.xor(x12, x0); x12 = sh(x12, 8);
x8 = i32x4.add(x8, x12); x4 = v128.xor(x4, x8); x4 = sh(x4, 7);
x1 = i32x4.add(x1, x5); x13 = v128.xor(x13, x1); x13 = sh(x13, 16);
x9 = i32x4.add(x9, x13); x5 = v128.xor(x5, x9); x5 = sh(x5, 12);
x1 = i32x4.add(x1, x5); x13 = v128.xor(x13, x1); x13 = sh(x13, 8);
x9 = i32x4.add(x9, x13); x5 = v128.xor(x5, x9); x5 = sh(x5, 7);
x2 = i32x4.add(x2, x6); x14 = v128.xor(x14, x2); x14 = sh(x14, 16);
x10 = i32x4.add(x10, x14); x6 = v128.xor(x6, x10); x6 = sh(x6, 12);
x2 = i32x4.add(x2, x6); x14 = v128.xor(x14, x2); x14 = sh(x14, 8);
x10 = i32x4.add(x10, x14); x6 = v128.xor(x6, x10); x6 = sh(x6, 7);
x3 = i32x4.add(x3, x7); x15 = v128.xor(x15, x3); x15 = sh(x15, 16);
x11 = i32x4.add(x11, x15); x7 = v128.xor(x7, x11); x7 = sh(x7, 12);
x3 = i32x4.add(x3, x7); x15 = v128.xor(x15, x3); x15 = sh(x15, 8);
x11 = i32x4.add(x11, x15); x7 = v128.xor(x7, x11); x7 = sh(x7, 7);
y0 = i32x4.add(y0, y4); y12 = v128.xor(y12, y0); y12 = sh(y12, 16);
y8 = i32x4.add(y8, y12); y4 = v128.xor(y4, y8); y4 = sh(y4, 12);
y0 = i32x4.add(y0, y4); y12 = v128.xor(y12, y0); y12 = sh(y12, 8);
y8 = i32x4.add(y8, y12); y4 = v128.xor(y4, y8); y4 = sh(y4, 7);
y1 = i32x4.add(y1, y5); y13 = v128.xor(y13, y1); y13 = sh(y13, 16);
y9 = i32x4.add(y9, y13); y5 = v128.xor(y5, y9); y5 = sh(y5, 12);
y1 = i32x4.add(y1, y5); y13 = v128.xor(y13, y1); y13 = sh(y13, 8);
y9 = i32x4.add(y9, y13); y5 = v128.xor(y5, y9); y5 = sh(y5, 7);
y2 = i32x4.add(y2, y6); y14 = v128.xor(y14, y2); y14 = sh(y14, 16);
y10 = i32x4.add(y10, y14); y6 = v128.xor(y6, y10); y6 = sh(y6, 12);
y2 = i32x4.add(y2, y6); y14 = v128.xor(y14, y2); y14 = sh(y14, 8);
y10 = i32x4.add(y10, y14); y6 = v128.xor(y6, y10); y6 = sh(y6, 7);
y3 = i32x4.add(y3, y7); y15 = v128.xor(y15, y3); y15 = sh(y15, 16);
y11 = i32x4.add(y11, y15); y7 = v128.xor(y7, y11); y7 = sh(y7, 12);
y3 = i32x4.add(y3, y7); y15 = v128.xor(y15, y3); y15 = sh(y15, 8);
y11 = i32x4.add(y11, y15); y7 = v128.xor(y7, y11); y7 = sh(y7, 7);
x0 = i32x4.add(x0, x5); x15 = v128.xor(x15, x0); x15 = sh(x15, 16);
x10 = i32x4.add(x10, x15); x5 = v128.xor(x5, x10); x5 = sh(x5, 12);
x0 = i32x4.add(x0, x5); x15 = v128.xor(x15, x0); x15 = sh(x15, 8);
x10 = i32x4.add(x10, x15); x5 = v128.xor(x5, x10); x5 = sh(x5, 7);
x1 = i32x4.add(x1, x6); x12 = v128.xor(x12, x1); x12 = sh(x12, 16);
x11 = i32x4.add(x11, x12); x6 = v128.xor(x6, x11); x6 = sh(x6, 12);
x1 = i32x4.add(x1, x6); x12 = v128.xor(x12, x1); x12 = sh(x12, 8);
x11 = i32x4.add(x11, x12); x6 = v128.xor(x6, x11); x6 = sh(x6, 7);
x2 = i32x4.add(x2, x7); x13 = v128.xor(x13, x2); x13 = sh(x13, 16);
x8 = i32x4.add(x8, x13); x7 = v128.xor(x7, x8); x7 = sh(x7, 12);
x2 = i32x4.add(x2, x7); x13 = v128.xor(x13, x2); x13 = sh(x13, 8);
x8 = i32x4.add(x8, x13); x7 = v128.xor(x7, x8); x7 = sh(x7, 7);
x3 = i32x4.add(x3, x4); x14 = v128.xor(x14, x3); x14 = sh(x14, 16);
x9 = i32x4.add(x9, x14); x4 = v128.xor(x4, x9); x4 = sh(x4, 12);
x3 = i32x4.add(x3, x4); x14 = v128.xor(x14, x3); x14 = sh(x14, 8);
x9 = i32x4.add(x9, x14); x4 = v128.xor(x4, x9); x4 = sh(x4, 7);
y0 = i32x4.add(y0, y5); y15 = v128.xor(y15, y0); y15 = sh(y15, 16);
y10 = i32x4.add(y10, y15); y5 = v128.xor(y5, y10); y5 = sh(y5, 12);
y0 = i32x4.add(y0, y5); y15 = v128.xor(y15, y0); y15 = sh(y15, 8);
y10 = i32x4.add(y10, y15); y5 = v128.xor(y5, y10); y5 = sh(y5, 7);
y1 = i32x4.add(y1, y6); y12 = v128.xor(y12, y1); y12 = sh(y12, 16);
y11 = i32x4.add(y11, y12); y6 = v128.xor(y6, y11); y6 = sh(y6, 12);
y1 = i32x4.add(y1, y6); y12 = v128.xor(y12, y1); y12 = sh(y12, 8);
y11 = i32x4.add(y11, y12); y6 = v128.xor(y6, y11); y6 = sh(y6, 7);
y2 = i32x4.add(y2, y7); y13 = v128.xor(y13, y2); y13 = sh(y13, 16);
y8 = i32x4.add(y8, y13); y7 = v128.xor(y7, y8); y7 = sh(y7, 12);
y2 = i32x4.add(y2, y7); y13 = v128.xor(y13, y2); y13 = sh(y13, 8);
y8 = i32x4.add(y8, y13); y7 = v128.xor(y7, y8); y7 = sh(y7, 7);
y3 = i32x4.add(y3, y4); y14 = v128.xor(y14, y3); y14 = sh(y14, 16);
y9 = i32x4.add(y9, y14); y4 = v128.xor(y4, y9); y4 = sh(y4, 12);
y3 = i32x4.add(y3, y4); y14 = v128.xor(y14, y3); y14 = sh(y14, 8);
y9 = i32x4.add(y9, y14); y4 = v128.xor(y4, y9); y4 = sh(y4, 7);
}
v128.store((base + 1312), i32x4.add(x0, y0)); // lets V8's revectorizer (if on) pair the x and y groups into 256-bit vectors
x0 = i32x4.add(x0, v128.load32_splat((base + 1024), 0));
x1 = i32x4.add(x1, v128.load32_splat((base + 1024), 4));
x2 = i32x4.add(x2, v128.load32_splat((base + 1024), 8));
x3 = i32x4.add(x3, v128.load32_splat((base + 1024), 12));
x4 = i32x4.add(x4, v128.load32_splat((base + 1024), 16));
x5 = i32x4.add(x5, v128.load32_splat((base + 1024), 20));
x6 = i32x4.add(x6, v128.load32_splat((base + 1024), 24));
x7 = i32x4.add(x7, v128.load32_splat((base + 1024), 28));
x8 = i32x4.add(x8, v128.load32_splat((base + 1024), 32));
x9 = i32x4.add(x9, v128.load32_splat((base + 1024), 36));
x10 = i32x4.add(x10, v128.load32_splat((base + 1024), 40));
x11 = i32x4.add(x11, v128.load32_splat((base + 1024), 44));
x12 = i32x4.add(x12, xc);
x13 = i32x4.add(x13, v128.load32_splat((base + 1024), 52));
x14 = i32x4.add(x14, v128.load32_splat((base + 1024), 56));
x15 = i32x4.add(x15, v128.load32_splat((base + 1024), 60));
if (mx == 1) {
t0 = lo32(x0, x1); t1 = lo32(x2, x3); t2 = hi32(x0, x1); t3 = hi32(x2, x3);
v128.store(dx, v128.xor(v128.load(dx, 0), lo64(t0, t1)), 0); v128.store(dx, v128.xor(v128.load(dx, 64), hi64(t0, t1)), 64); v128.store(dx, v128.xor(v128.load(dx, 128), lo64(t2, t3)), 128); v128.store(dx, v128.xor(v128.load(dx, 192), hi64(t2, t3)), 192);
t0 = lo32(x4, x5); t1 = lo32(x6, x7); t2 = hi32(x4, x5); t3 = hi32(x6, x7);
v128.store(dx, v128.xor(v128.load(dx, 16), lo64(t0, t1)), 16); v128.store(dx, v128.xor(v128.load(dx, 80), hi64(t0, t1)), 80); v128.store(dx, v128.xor(v128.load(dx, 144), lo64(t2, t3)), 144); v128.store(dx, v128.xor(v128.load(dx, 208), hi64(t2, t3)), 208);
t0 = lo32(x8, x9); t1 = lo32(x10, x11); t2 = hi32(x8, x9); t3 = hi32(x10, x11);
v128.store(dx, v128.xor(v128.load(dx, 32), lo64(t0, t1)), 32); v128.store(dx, v128.xor(v128.load(dx, 96), hi64(t0, t1)), 96); v128.store(dx, v128.xor(v128.load(dx, 160), lo64(t2, t3)), 160); v128.store(dx, v128.xor(v128.load(dx, 224), hi64(t2, t3)), 224);
t0 = lo32(x12, x13); t1 = lo32(x14, x15); t2 = hi32(x12, x13); t3 = hi32(x14, x15);
v128.store(dx, v128.xor(v128.load(dx, 48), lo64(t0, t1)), 48); v128.store(dx, v128.xor(v128.load(dx, 112), hi64(t0, t1)), 112); v128.store(dx, v128.xor(v128.load(dx, 176), lo64(t2, t3)), 176); v128.store(dx, v128.xor(v128.load(dx, 240), hi64(t2, t3)), 240);
} else if (mx == 2) {
t0 = lo32(x0, x1); t1 = lo32(x2, x3); t2 = hi32(x0, x1); t3 = hi32(x2, x3);
v128.store((base + 1280), lo64(t0, t1), 0); v128.store(dx, v128.xor(v128.load(dx, 0), hi64(t0, t1)), 0); v128.store(dx, v128.xor(v128.load(dx, 64), lo64(t2, t3)), 64); v128.store(dx, v128.xor(v128.load(dx, 128), hi64(t2, t3)), 128);
t0 = lo32(x4, x5); t1 = lo32(x6, x7); t2 = hi32(x4, x5); t3 = hi32(x6, x7);
v128.store((base + 1280), lo64(t0, t1), 16); v128.store(dx, v128.xor(v128.load(dx, 16), hi64(t0, t1)), 16); v128.store(dx, v128.xor(v128.load(dx, 80), lo64(t2, t3)), 80); v128.store(dx, v128.xor(v128.load(dx, 144), hi64(t2, t3)), 144);
t0 = lo32(x8, x9); t1 = lo32(x10, x11); t2 = hi32(x8, x9); t3 = hi32(x10, x11);
 v128.store(dx, v128.xor(v128.load(dx, 32), hi64(t0, t1)), 32); v128.store(dx, v128.xor(v128.load(dx, 96), lo64(t2, t3)), 96); v128.store(dx, v128.xor(v128.load(dx, 160), hi64(t2, t3)), 160);
t0 = lo32(x12, x13); t1 = lo32(x14, x15); t2 = hi32(x12, x13); t3 = hi32(x14, x15);
 v128.store(dx, v128.xor(v128.load(dx, 48), hi64(t0, t1)), 48); v128.store(dx, v128.xor(v128.load(dx, 112), lo64(t2, t3)), 112); v128.store(dx, v128.xor(v128.load(dx, 176), hi64(t2, t3)), 176);
} else {
t0 = lo32(x0, x1); t1 = lo32(x2, x3); t2 = hi32(x0, x1); t3 = hi32(x2, x3);
v128.store(dx, lo64(t0, t1), 0); v128.store(dx, hi64(t0, t1), 64); v128.store(dx, lo64(t2, t3), 128); v128.store(dx, hi64(t2, t3), 192);
t0 = lo32(x4, x5); t1 = lo32(x6, x7); t2 = hi32(x4, x5); t3 = hi32(x6, x7);
v128.store(dx, lo64(t0, t1), 16); v128.store(dx, hi64(t0, t1), 80); v128.store(dx, lo64(t2, t3), 144); v128.store(dx, hi64(t2, t3), 208);
t0 = lo32(x8, x9); t1 = lo32(x10, x11); t2 = hi32(x8, x9); t3 = hi32(x10, x11);
v128.store(dx, lo64(t0, t1), 32); v128.store(dx, hi64(t0, t1), 96); v128.store(dx, lo64(t2, t3), 160); v128.store(dx, hi64(t2, t3), 224);
t0 = lo32(x12, x13); t1 = lo32(x14, x15); t2 = hi32(x12, x13); t3 = hi32(x14, x15);
v128.store(dx, lo64(t0, t1), 48); v128.store(dx, hi64(t0, t1), 112); v128.store(dx, lo64(t2, t3), 176); v128.store(dx, hi64(t2, t3), 240);
}
y0 = i32x4.add(y0, v128.load32_splat((base + 1024), 0));
y1 = i32x4.add(y1, v128.load32_splat((base + 1024), 4));
y2 = i32x4.add(y2, v128.load32_splat((base + 1024), 8));
y3 = i32x4.add(y3, v128.load32_splat((base + 1024), 12));
y4 = i32x4.add(y4, v128.load32_splat((base + 1024), 16));
y5 = i32x4.add(y5, v128.load32_splat((base + 1024), 20));
y6 = i32x4.add(y6, v128.load32_splat((base + 1024), 24));
y7 = i32x4.add(y7, v128.load32_splat((base + 1024), 28));
y8 = i32x4.add(y8, v128.load32_splat((base + 1024), 32));
y9 = i32x4.add(y9, v128.load32_splat((base + 1024), 36));
y10 = i32x4.add(y10, v128.load32_splat((base + 1024), 40));
y11 = i32x4.add(y11, v128.load32_splat((base + 1024), 44));
y12 = i32x4.add(y12, yc);
y13 = i32x4.add(y13, v128.load32_splat((base + 1024), 52));
y14 = i32x4.add(y14, v128.load32_splat((base + 1024), 56));
y15 = i32x4.add(y15, v128.load32_splat((base + 1024), 60));
if (my == 1) {
t0 = lo32(y0, y1); t1 = lo32(y2, y3); t2 = hi32(y0, y1); t3 = hi32(y2, y3);
v128.store(dy, v128.xor(v128.load(dy, 0), lo64(t0, t1)), 0); v128.store(dy, v128.xor(v128.load(dy, 64), hi64(t0, t1)), 64); v128.store(dy, v128.xor(v128.load(dy, 128), lo64(t2, t3)), 128); v128.store(dy, v128.xor(v128.load(dy, 192), hi64(t2, t3)), 192);
t0 = lo32(y4, y5); t1 = lo32(y6, y7); t2 = hi32(y4, y5); t3 = hi32(y6, y7);
v128.store(dy, v128.xor(v128.load(dy, 16), lo64(t0, t1)), 16); v128.store(dy, v128.xor(v128.load(dy, 80), hi64(t0, t1)), 80); v128.store(dy, v128.xor(v128.load(dy, 144), lo64(t2, t3)), 144); v128.store(dy, v128.xor(v128.load(dy, 208), hi64(t2, t3)), 208);
t0 = lo32(y8, y9); t1 = lo32(y10, y11); t2 = hi32(y8, y9); t3 = hi32(y10, y11);
v128.store(dy, v128.xor(v128.load(dy, 32), lo64(t0, t1)), 32); v128.store(dy, v128.xor(v128.load(dy, 96), hi64(t0, t1)), 96); v128.store(dy, v128.xor(v128.load(dy, 160), lo64(t2, t3)), 160); v128.store(dy, v128.xor(v128.load(dy, 224), hi64(t2, t3)), 224);
t0 = lo32(y12, y13); t1 = lo32(y14, y15); t2 = hi32(y12, y13); t3 = hi32(y14, y15);
v128.store(dy, v128.xor(v128.load(dy, 48), lo64(t0, t1)), 48); v128.store(dy, v128.xor(v128.load(dy, 112), hi64(t0, t1)), 112); v128.store(dy, v128.xor(v128.load(dy, 176), lo64(t2, t3)), 176); v128.store(dy, v128.xor(v128.load(dy, 240), hi64(t2, t3)), 240);
} else {
t0 = lo32(y0, y1); t1 = lo32(y2, y3); t2 = hi32(y0, y1); t3 = hi32(y2, y3);
v128.store(dy, lo64(t0, t1), 0); v128.store(dy, hi64(t0, t1), 64); v128.store(dy, lo64(t2, t3), 128); v128.store(dy, hi64(t2, t3), 192);
t0 = lo32(y4, y5); t1 = lo32(y6, y7); t2 = hi32(y4, y5); t3 = hi32(y6, y7);
v128.store(dy, lo64(t0, t1), 16); v128.store(dy, hi64(t0, t1), 80); v128.store(dy, lo64(t2, t3), 144); v128.store(dy, hi64(t2, t3), 208);
t0 = lo32(y8, y9); t1 = lo32(y10, y11); t2 = hi32(y8, y9); t3 = hi32(y10, y11);
v128.store(dy, lo64(t0, t1), 32); v128.store(dy, hi64(t0, t1), 96); v128.store(dy, lo64(t2, t3), 160); v128.store(dy, hi64(t2, t3), 224);
t0 = lo32(y12, y13); t1 = lo32(y14, y15); t2 = hi32(y12, y13); t3 = hi32(y14, y15);
v128.store(dy, lo64(t0, t1), 48); v128.store(dy, hi64(t0, t1), 112); v128.store(dy, lo64(t2, t3), 176); v128.store(dy, hi64(t2, t3), 240);
}
}
// same, with np >= 20 Poly1305 blocks at pp interleaved
function cc8p(mx: i32, dx: usize, my: i32, dy: usize, ctr: u32, pp: usize, np: i32): void {
let t0: v128, t1: v128, t2: v128, t3: v128;
const xc = i32x4.add(i32x4.splat(ctr), i32x4(0,1,2,3));
let x0 = v128.load32_splat((base + 1024), 0);
let x1 = v128.load32_splat((base + 1024), 4);
let x2 = v128.load32_splat((base + 1024), 8);
let x3 = v128.load32_splat((base + 1024), 12);
let x4 = v128.load32_splat((base + 1024), 16);
let x5 = v128.load32_splat((base + 1024), 20);
let x6 = v128.load32_splat((base + 1024), 24);
let x7 = v128.load32_splat((base + 1024), 28);
let x8 = v128.load32_splat((base + 1024), 32);
let x9 = v128.load32_splat((base + 1024), 36);
let x10 = v128.load32_splat((base + 1024), 40);
let x11 = v128.load32_splat((base + 1024), 44);
let x12 = xc;
let x13 = v128.load32_splat((base + 1024), 52);
let x14 = v128.load32_splat((base + 1024), 56);
let x15 = v128.load32_splat((base + 1024), 60);
const yc = i32x4.add(i32x4.splat(ctr), i32x4(4,5,6,7));
let y0 = v128.load32_splat((base + 1024), 0);
let y1 = v128.load32_splat((base + 1024), 4);
let y2 = v128.load32_splat((base + 1024), 8);
let y3 = v128.load32_splat((base + 1024), 12);
let y4 = v128.load32_splat((base + 1024), 16);
let y5 = v128.load32_splat((base + 1024), 20);
let y6 = v128.load32_splat((base + 1024), 24);
let y7 = v128.load32_splat((base + 1024), 28);
let y8 = v128.load32_splat((base + 1024), 32);
let y9 = v128.load32_splat((base + 1024), 36);
let y10 = v128.load32_splat((base + 1024), 40);
let y11 = v128.load32_splat((base + 1024), 44);
let y12 = yc;
let y13 = v128.load32_splat((base + 1024), 52);
let y14 = v128.load32_splat((base + 1024), 56);
let y15 = v128.load32_splat((base + 1024), 60);
let h0 = load<u64>((base + 1152)), h1 = load<u64>((base + 1152), 8), h2 = load<u64>((base + 1152), 16), h3 = load<u64>((base + 1152), 24), h4 = load<u64>((base + 1152), 32);
const r0 = load<u64>((base + 1152), 40), r1 = load<u64>((base + 1152), 48), r2 = load<u64>((base + 1152), 56), r3 = load<u64>((base + 1152), 64), s1 = load<u64>((base + 1152), 72), s2 = load<u64>((base + 1152), 80), s3 = load<u64>((base + 1152), 88);
let d0: u64, d1: u64, d2: u64, d3: u64, w0: u64, w1: u64;

while (np > 40) { h0 += <u64>load<u32>(pp); h1 += <u64>load<u32>(pp, 4); h2 += <u64>load<u32>(pp, 8); h3 += <u64>load<u32>(pp, 12); h4 += 1;
d0 = h0 * r0 + h1 * s3 + h2 * s2 + h3 * s1;
d1 = h0 * r1 + h1 * r0 + h2 * s3 + h3 * s2 + h4 * s1;
d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s3 + h4 * s2;
d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s3;
d1 += d0 >> 32; d2 += d1 >> 32; d3 += d2 >> 32; h4 = h4 * r0 + (d3 >> 32);
h0 = lo(d0) + (h4 >> 2) + (h4 & ~3); h4 &= 3; h1 = lo(d1); h2 = lo(d2); h3 = lo(d3);
pp += 16;
 np--; }
const m = (np - 19) >> 1, m2 = (np - 20) >> 1;
for (let i = 0; i < 10; i++) {
x0 = i32x4.add(x0, x4); x12 = v128.xor(x12, x0); x12 = sh(x12, 16);
x8 = i32x4.add(x8, x12); x4 = v128.xor(x4, x8); x4 = sh(x4, 12);
x0 = i32x4.add(x0, x4); x12 = v128.xor(x12, x0); x12 = sh(x12, 8);
x8 = i32x4.add(x8, x12); x4 = v128.xor(x4, x8); x4 = sh(x4, 7);
x1 = i32x4.add(x1, x5); x13 = v128.xor(x13, x1); x13 = sh(x13, 16);
x9 = i32x4.add(x9, x13); x5 = v128.xor(x5, x9); x5 = sh(x5, 12);
x1 = i32x4.add(x1, x5); x13 = v128.xor(x13, x1); x13 = sh(x13, 8);
x9 = i32x4.add(x9, x13); x5 = v128.xor(x5, x9); x5 = sh(x5, 7);
x2 = i32x4.add(x2, x6); x14 = v128.xor(x14, x2); x14 = sh(x14, 16);
x10 = i32x4.add(x10, x14); x6 = v128.xor(x6, x10); x6 = sh(x6, 12);
x2 = i32x4.add(x2, x6); x14 = v128.xor(x14, x2); x14 = sh(x14, 8);
x10 = i32x4.add(x10, x14); x6 = v128.xor(x6, x10); x6 = sh(x6, 7);
x3 = i32x4.add(x3, x7); x15 = v128.xor(x15, x3); x15 = sh(x15, 16);
x11 = i32x4.add(x11, x15); x7 = v128.xor(x7, x11); x7 = sh(x7, 12);
x3 = i32x4.add(x3, x7); x15 = v128.xor(x15, x3); x15 = sh(x15, 8);
x11 = i32x4.add(x11, x15); x7 = v128.xor(x7, x11); x7 = sh(x7, 7);
y0 = i32x4.add(y0, y4); y12 = v128.xor(y12, y0); y12 = sh(y12, 16);
y8 = i32x4.add(y8, y12); y4 = v128.xor(y4, y8); y4 = sh(y4, 12);
y0 = i32x4.add(y0, y4); y12 = v128.xor(y12, y0); y12 = sh(y12, 8);
y8 = i32x4.add(y8, y12); y4 = v128.xor(y4, y8); y4 = sh(y4, 7);
y1 = i32x4.add(y1, y5); y13 = v128.xor(y13, y1); y13 = sh(y13, 16);
y9 = i32x4.add(y9, y13); y5 = v128.xor(y5, y9); y5 = sh(y5, 12);
y1 = i32x4.add(y1, y5); y13 = v128.xor(y13, y1); y13 = sh(y13, 8);
y9 = i32x4.add(y9, y13); y5 = v128.xor(y5, y9); y5 = sh(y5, 7);
y2 = i32x4.add(y2, y6); y14 = v128.xor(y14, y2); y14 = sh(y14, 16);
y10 = i32x4.add(y10, y14); y6 = v128.xor(y6, y10); y6 = sh(y6, 12);
y2 = i32x4.add(y2, y6); y14 = v128.xor(y14, y2); y14 = sh(y14, 8);
y10 = i32x4.add(y10, y14); y6 = v128.xor(y6, y10); y6 = sh(y6, 7);
y3 = i32x4.add(y3, y7); y15 = v128.xor(y15, y3); y15 = sh(y15, 16);
y11 = i32x4.add(y11, y15); y7 = v128.xor(y7, y11); y7 = sh(y7, 12);
y3 = i32x4.add(y3, y7); y15 = v128.xor(y15, y3); y15 = sh(y15, 8);
y11 = i32x4.add(y11, y15); y7 = v128.xor(y7, y11); y7 = sh(y7, 7);
h0 += <u64>load<u32>(pp); h1 += <u64>load<u32>(pp, 4); h2 += <u64>load<u32>(pp, 8); h3 += <u64>load<u32>(pp, 12); h4 += 1;
d0 = h0 * r0 + h1 * s3 + h2 * s2 + h3 * s1;
d1 = h0 * r1 + h1 * r0 + h2 * s3 + h3 * s2 + h4 * s1;
d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s3 + h4 * s2;
d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s3;
d1 += d0 >> 32; d2 += d1 >> 32; d3 += d2 >> 32; h4 = h4 * r0 + (d3 >> 32);
h0 = lo(d0) + (h4 >> 2) + (h4 & ~3); h4 &= 3; h1 = lo(d1); h2 = lo(d2); h3 = lo(d3);
pp += 16;
h0 += <u64>load<u32>(pp); h1 += <u64>load<u32>(pp, 4); h2 += <u64>load<u32>(pp, 8); h3 += <u64>load<u32>(pp, 12); h4 += 1;
d0 = h0 * r0 + h1 * s3 + h2 * s2 + h3 * s1;
d1 = h0 * r1 + h1 * r0 + h2 * s3 + h3 * s2 + h4 * s1;
d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s3 + h4 * s2;
d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s3;
d1 += d0 >> 32; d2 += d1 >> 32; d3 += d2 >> 32; h4 = h4 * r0 + (d3 >> 32);
h0 = lo(d0) + (h4 >> 2) + (h4 & ~3); h4 &= 3; h1 = lo(d1); h2 = lo(d2); h3 = lo(d3);
pp += 16;
x0 = i32x4.add(x0, x5); x15 = v128.xor(x15, x0); x15 = sh(x15, 16);
x10 = i32x4.add(x10, x15); x5 = v128.xor(x5, x10); x5 = sh(x5, 12);
x0 = i32x4.add(x0, x5); x15 = v128.xor(x15, x0); x15 = sh(x15, 8);
x10 = i32x4.add(x10, x15); x5 = v128.xor(x5, x10); x5 = sh(x5, 7);
x1 = i32x4.add(x1, x6); x12 = v128.xor(x12, x1); x12 = sh(x12, 16);
x11 = i32x4.add(x11, x12); x6 = v128.xor(x6, x11); x6 = sh(x6, 12);
x1 = i32x4.add(x1, x6); x12 = v128.xor(x12, x1); x12 = sh(x12, 8);
x11 = i32x4.add(x11, x12); x6 = v128.xor(x6, x11); x6 = sh(x6, 7);
x2 = i32x4.add(x2, x7); x13 = v128.xor(x13, x2); x13 = sh(x13, 16);
x8 = i32x4.add(x8, x13); x7 = v128.xor(x7, x8); x7 = sh(x7, 12);
x2 = i32x4.add(x2, x7); x13 = v128.xor(x13, x2); x13 = sh(x13, 8);
x8 = i32x4.add(x8, x13); x7 = v128.xor(x7, x8); x7 = sh(x7, 7);
x3 = i32x4.add(x3, x4); x14 = v128.xor(x14, x3); x14 = sh(x14, 16);
x9 = i32x4.add(x9, x14); x4 = v128.xor(x4, x9); x4 = sh(x4, 12);
x3 = i32x4.add(x3, x4); x14 = v128.xor(x14, x3); x14 = sh(x14, 8);
x9 = i32x4.add(x9, x14); x4 = v128.xor(x4, x9); x4 = sh(x4, 7);
y0 = i32x4.add(y0, y5); y15 = v128.xor(y15, y0); y15 = sh(y15, 16);
y10 = i32x4.add(y10, y15); y5 = v128.xor(y5, y10); y5 = sh(y5, 12);
y0 = i32x4.add(y0, y5); y15 = v128.xor(y15, y0); y15 = sh(y15, 8);
y10 = i32x4.add(y10, y15); y5 = v128.xor(y5, y10); y5 = sh(y5, 7);
y1 = i32x4.add(y1, y6); y12 = v128.xor(y12, y1); y12 = sh(y12, 16);
y11 = i32x4.add(y11, y12); y6 = v128.xor(y6, y11); y6 = sh(y6, 12);
y1 = i32x4.add(y1, y6); y12 = v128.xor(y12, y1); y12 = sh(y12, 8);
y11 = i32x4.add(y11, y12); y6 = v128.xor(y6, y11); y6 = sh(y6, 7);
y2 = i32x4.add(y2, y7); y13 = v128.xor(y13, y2); y13 = sh(y13, 16);
y8 = i32x4.add(y8, y13); y7 = v128.xor(y7, y8); y7 = sh(y7, 12);
y2 = i32x4.add(y2, y7); y13 = v128.xor(y13, y2); y13 = sh(y13, 8);
y8 = i32x4.add(y8, y13); y7 = v128.xor(y7, y8); y7 = sh(y7, 7);
y3 = i32x4.add(y3, y4); y14 = v128.xor(y14, y3); y14 = sh(y14, 16);
y9 = i32x4.add(y9, y14); y4 = v128.xor(y4, y9); y4 = sh(y4, 12);
y3 = i32x4.add(y3, y4); y14 = v128.xor(y14, y3); y14 = sh(y14, 8);
y9 = i32x4.add(y9, y14); y4 = v128.xor(y4, y9); y4 = sh(y4, 7);
if (i < m) {
h0 += <u64>load<u32>(pp); h1 += <u64>load<u32>(pp, 4); h2 += <u64>load<u32>(pp, 8); h3 += <u64>load<u32>(pp, 12); h4 += 1;
d0 = h0 * r0 + h1 * s3 + h2 * s2 + h3 * s1;
d1 = h0 * r1 + h1 * r0 + h2 * s3 + h3 * s2 + h4 * s1;
d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s3 + h4 * s2;
d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s3;
d1 += d0 >> 32; d2 += d1 >> 32; d3 += d2 >> 32; h4 = h4 * r0 + (d3 >> 32);
h0 = lo(d0) + (h4 >> 2) + (h4 & ~3); h4 &= 3; h1 = lo(d1); h2 = lo(d2); h3 = lo(d3);
pp += 16;
}
if (i < m2) {
h0 += <u64>load<u32>(pp); h1 += <u64>load<u32>(pp, 4); h2 += <u64>load<u32>(pp, 8); h3 += <u64>load<u32>(pp, 12); h4 += 1;
d0 = h0 * r0 + h1 * s3 + h2 * s2 + h3 * s1;
d1 = h0 * r1 + h1 * r0 + h2 * s3 + h3 * s2 + h4 * s1;
d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s3 + h4 * s2;
d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s3;
d1 += d0 >> 32; d2 += d1 >> 32; d3 += d2 >> 32; h4 = h4 * r0 + (d3 >> 32);
h0 = lo(d0) + (h4 >> 2) + (h4 & ~3); h4 &= 3; h1 = lo(d1); h2 = lo(d2); h3 = lo(d3);
pp += 16;
}
}
store<u64>((base + 1152), h0); store<u64>((base + 1152), h1, 8); store<u64>((base + 1152), h2, 16); store<u64>((base + 1152), h3, 24); store<u64>((base + 1152), h4, 32);
v128.store((base + 1312), i32x4.add(x0, y0)); // lets V8's revectorizer (if on) pair the x and y groups into 256-bit vectors
x0 = i32x4.add(x0, v128.load32_splat((base + 1024), 0));
x1 = i32x4.add(x1, v128.load32_splat((base + 1024), 4));
x2 = i32x4.add(x2, v128.load32_splat((base + 1024), 8));
x3 = i32x4.add(x3, v128.load32_splat((base + 1024), 12));
x4 = i32x4.add(x4, v128.load32_splat((base + 1024), 16));
x5 = i32x4.add(x5, v128.load32_splat((base + 1024), 20));
x6 = i32x4.add(x6, v128.load32_splat((base + 1024), 24));
x7 = i32x4.add(x7, v128.load32_splat((base + 1024), 28));
x8 = i32x4.add(x8, v128.load32_splat((base + 1024), 32));
x9 = i32x4.add(x9, v128.load32_splat((base + 1024), 36));
x10 = i32x4.add(x10, v128.load32_splat((base + 1024), 40));
x11 = i32x4.add(x11, v128.load32_splat((base + 1024), 44));
x12 = i32x4.add(x12, xc);
x13 = i32x4.add(x13, v128.load32_splat((base + 1024), 52));
x14 = i32x4.add(x14, v128.load32_splat((base + 1024), 56));
x15 = i32x4.add(x15, v128.load32_splat((base + 1024), 60));
if (mx == 1) {
t0 = lo32(x0, x1); t1 = lo32(x2, x3); t2 = hi32(x0, x1); t3 = hi32(x2, x3);
v128.store(dx, v128.xor(v128.load(dx, 0), lo64(t0, t1)), 0); v128.store(dx, v128.xor(v128.load(dx, 64), hi64(t0, t1)), 64); v128.store(dx, v128.xor(v128.load(dx, 128), lo64(t2, t3)), 128); v128.store(dx, v128.xor(v128.load(dx, 192), hi64(t2, t3)), 192);
t0 = lo32(x4, x5); t1 = lo32(x6, x7); t2 = hi32(x4, x5); t3 = hi32(x6, x7);
v128.store(dx, v128.xor(v128.load(dx, 16), lo64(t0, t1)), 16); v128.store(dx, v128.xor(v128.load(dx, 80), hi64(t0, t1)), 80); v128.store(dx, v128.xor(v128.load(dx, 144), lo64(t2, t3)), 144); v128.store(dx, v128.xor(v128.load(dx, 208), hi64(t2, t3)), 208);
t0 = lo32(x8, x9); t1 = lo32(x10, x11); t2 = hi32(x8, x9); t3 = hi32(x10, x11);
v128.store(dx, v128.xor(v128.load(dx, 32), lo64(t0, t1)), 32); v128.store(dx, v128.xor(v128.load(dx, 96), hi64(t0, t1)), 96); v128.store(dx, v128.xor(v128.load(dx, 160), lo64(t2, t3)), 160); v128.store(dx, v128.xor(v128.load(dx, 224), hi64(t2, t3)), 224);
t0 = lo32(x12, x13); t1 = lo32(x14, x15); t2 = hi32(x12, x13); t3 = hi32(x14, x15);
v128.store(dx, v128.xor(v128.load(dx, 48), lo64(t0, t1)), 48); v128.store(dx, v128.xor(v128.load(dx, 112), hi64(t0, t1)), 112); v128.store(dx, v128.xor(v128.load(dx, 176), lo64(t2, t3)), 176); v128.store(dx, v128.xor(v128.load(dx, 240), hi64(t2, t3)), 240);
} else if (mx == 2) {
t0 = lo32(x0, x1); t1 = lo32(x2, x3); t2 = hi32(x0, x1); t3 = hi32(x2, x3);
v128.store((base + 1280), lo64(t0, t1), 0); v128.store(dx, v128.xor(v128.load(dx, 0), hi64(t0, t1)), 0); v128.store(dx, v128.xor(v128.load(dx, 64), lo64(t2, t3)), 64); v128.store(dx, v128.xor(v128.load(dx, 128), hi64(t2, t3)), 128);
t0 = lo32(x4, x5); t1 = lo32(x6, x7); t2 = hi32(x4, x5); t3 = hi32(x6, x7);
v128.store((base + 1280), lo64(t0, t1), 16); v128.store(dx, v128.xor(v128.load(dx, 16), hi64(t0, t1)), 16); v128.store(dx, v128.xor(v128.load(dx, 80), lo64(t2, t3)), 80); v128.store(dx, v128.xor(v128.load(dx, 144), hi64(t2, t3)), 144);
t0 = lo32(x8, x9); t1 = lo32(x10, x11); t2 = hi32(x8, x9); t3 = hi32(x10, x11);
 v128.store(dx, v128.xor(v128.load(dx, 32), hi64(t0, t1)), 32); v128.store(dx, v128.xor(v128.load(dx, 96), lo64(t2, t3)), 96); v128.store(dx, v128.xor(v128.load(dx, 160), hi64(t2, t3)), 160);
t0 = lo32(x12, x13); t1 = lo32(x14, x15); t2 = hi32(x12, x13); t3 = hi32(x14, x15);
 v128.store(dx, v128.xor(v128.load(dx, 48), hi64(t0, t1)), 48); v128.store(dx, v128.xor(v128.load(dx, 112), lo64(t2, t3)), 112); v128.store(dx, v128.xor(v128.load(dx, 176), hi64(t2, t3)), 176);
} else {
t0 = lo32(x0, x1); t1 = lo32(x2, x3); t2 = hi32(x0, x1); t3 = hi32(x2, x3);
v128.store(dx, lo64(t0, t1), 0); v128.store(dx, hi64(t0, t1), 64); v128.store(dx, lo64(t2, t3), 128); v128.store(dx, hi64(t2, t3), 192);
t0 = lo32(x4, x5); t1 = lo32(x6, x7); t2 = hi32(x4, x5); t3 = hi32(x6, x7);
v128.store(dx, lo64(t0, t1), 16); v128.store(dx, hi64(t0, t1), 80); v128.store(dx, lo64(t2, t3), 144); v128.store(dx, hi64(t2, t3), 208);
t0 = lo32(x8, x9); t1 = lo32(x10, x11); t2 = hi32(x8, x9); t3 = hi32(x10, x11);
v128.store(dx, lo64(t0, t1), 32); v128.store(dx, hi64(t0, t1), 96); v128.store(dx, lo64(t2, t3), 160); v128.store(dx, hi64(t2, t3), 224);
t0 = lo32(x12, x13); t1 = lo32(x14, x15); t2 = hi32(x12, x13); t3 = hi32(x14, x15);
v128.store(dx, lo64(t0, t1), 48); v128.store(dx, hi64(t0, t1), 112); v128.store(dx, lo64(t2, t3), 176); v128.store(dx, hi64(t2, t3), 240);
}
y0 = i32x4.add(y0, v128.load32_splat((base + 1024), 0));
y1 = i32x4.add(y1, v128.load32_splat((base + 1024), 4));
y2 = i32x4.add(y2, v128.load32_splat((base + 1024), 8));
y3 = i32x4.add(y3, v128.load32_splat((base + 1024), 12));
y4 = i32x4.add(y4, v128.load32_splat((base + 1024), 16));
y5 = i32x4.add(y5, v128.load32_splat((base + 1024), 20));
y6 = i32x4.add(y6, v128.load32_splat((base + 1024), 24));
y7 = i32x4.add(y7, v128.load32_splat((base + 1024), 28));
y8 = i32x4.add(y8, v128.load32_splat((base + 1024), 32));
y9 = i32x4.add(y9, v128.load32_splat((base + 1024), 36));
y10 = i32x4.add(y10, v128.load32_splat((base + 1024), 40));
y11 = i32x4.add(y11, v128.load32_splat((base + 1024), 44));
y12 = i32x4.add(y12, yc);
y13 = i32x4.add(y13, v128.load32_splat((base + 1024), 52));
y14 = i32x4.add(y14, v128.load32_splat((base + 1024), 56));
y15 = i32x4.add(y15, v128.load32_splat((base + 1024), 60));
if (my == 1) {
t0 = lo32(y0, y1); t1 = lo32(y2, y3); t2 = hi32(y0, y1); t3 = hi32(y2, y3);
v128.store(dy, v128.xor(v128.load(dy, 0), lo64(t0, t1)), 0); v128.store(dy, v128.xor(v128.load(dy, 64), hi64(t0, t1)), 64); v128.store(dy, v128.xor(v128.load(dy, 128), lo64(t2, t3)), 128); v128.store(dy, v128.xor(v128.load(dy, 192), hi64(t2, t3)), 192);
t0 = lo32(y4, y5); t1 = lo32(y6, y7); t2 = hi32(y4, y5); t3 = hi32(y6, y7);
v128.store(dy, v128.xor(v128.load(dy, 16), lo64(t0, t1)), 16); v128.store(dy, v128.xor(v128.load(dy, 80), hi64(t0, t1)), 80); v128.store(dy, v128.xor(v128.load(dy, 144), lo64(t2, t3)), 144); v128.store(dy, v128.xor(v128.load(dy, 208), hi64(t2, t3)), 208);
t0 = lo32(y8, y9); t1 = lo32(y10, y11); t2 = hi32(y8, y9); t3 = hi32(y10, y11);
v128.store(dy, v128.xor(v128.load(dy, 32), lo64(t0, t1)), 32); v128.store(dy, v128.xor(v128.load(dy, 96), hi64(t0, t1)), 96); v128.store(dy, v128.xor(v128.load(dy, 160), lo64(t2, t3)), 160); v128.store(dy, v128.xor(v128.load(dy, 224), hi64(t2, t3)), 224);
t0 = lo32(y12, y13); t1 = lo32(y14, y15); t2 = hi32(y12, y13); t3 = hi32(y14, y15);
v128.store(dy, v128.xor(v128.load(dy, 48), lo64(t0, t1)), 48); v128.store(dy, v128.xor(v128.load(dy, 112), hi64(t0, t1)), 112); v128.store(dy, v128.xor(v128.load(dy, 176), lo64(t2, t3)), 176); v128.store(dy, v128.xor(v128.load(dy, 240), hi64(t2, t3)), 240);
} else {
t0 = lo32(y0, y1); t1 = lo32(y2, y3); t2 = hi32(y0, y1); t3 = hi32(y2, y3);
v128.store(dy, lo64(t0, t1), 0); v128.store(dy, hi64(t0, t1), 64); v128.store(dy, lo64(t2, t3), 128); v128.store(dy, hi64(t2, t3), 192);
t0 = lo32(y4, y5); t1 = lo32(y6, y7); t2 = hi32(y4, y5); t3 = hi32(y6, y7);
v128.store(dy, lo64(t0, t1), 16); v128.store(dy, hi64(t0, t1), 80); v128.store(dy, lo64(t2, t3), 144); v128.store(dy, hi64(t2, t3), 208);
t0 = lo32(y8, y9); t1 = lo32(y10, y11); t2 = hi32(y8, y9); t3 = hi32(y10, y11);
v128.store(dy, lo64(t0, t1), 32); v128.store(dy, hi64(t0, t1), 96); v128.store(dy, lo64(t2, t3), 160); v128.store(dy, hi64(t2, t3), 224);
t0 = lo32(y12, y13); t1 = lo32(y14, y15); t2 = hi32(y12, y13); t3 = hi32(y14, y15);
v128.store(dy, lo64(t0, t1), 48); v128.store(dy, hi64(t0, t1), 112); v128.store(dy, lo64(t2, t3), 176); v128.store(dy, hi64(t2, t3), 240);
}
}


function polyInit(k: usize): void {
  const r0 = <u64>(load<u32>(k) & 0x0fffffff), r1 = <u64>(load<u32>(k, 4) & 0x0ffffffc), r2 = <u64>(load<u32>(k, 8) & 0x0ffffffc), r3 = <u64>(load<u32>(k, 12) & 0x0ffffffc);
  store<u64>((base + 1152), 0); store<u64>((base + 1152), 0, 8); store<u64>((base + 1152), 0, 16); store<u64>((base + 1152), 0, 24); store<u64>((base + 1152), 0, 32);
  store<u64>((base + 1152), r0, 40); store<u64>((base + 1152), r1, 48); store<u64>((base + 1152), r2, 56); store<u64>((base + 1152), r3, 64);
  store<u64>((base + 1152), r1 + (r1 >> 2), 72); store<u64>((base + 1152), r2 + (r2 >> 2), 80); store<u64>((base + 1152), r3 + (r3 >> 2), 88);
  store<u64>((base + 1152), load<u64>(k, 16), 96); store<u64>((base + 1152), load<u64>(k, 24), 104);
}
function polyBlocks(pp: usize, np: i32): void {
  let h0 = load<u64>((base + 1152)), h1 = load<u64>((base + 1152), 8), h2 = load<u64>((base + 1152), 16), h3 = load<u64>((base + 1152), 24), h4 = load<u64>((base + 1152), 32);
const r0 = load<u64>((base + 1152), 40), r1 = load<u64>((base + 1152), 48), r2 = load<u64>((base + 1152), 56), r3 = load<u64>((base + 1152), 64), s1 = load<u64>((base + 1152), 72), s2 = load<u64>((base + 1152), 80), s3 = load<u64>((base + 1152), 88);
let d0: u64, d1: u64, d2: u64, d3: u64, w0: u64, w1: u64;

  for (; np > 0; np--) { h0 += <u64>load<u32>(pp); h1 += <u64>load<u32>(pp, 4); h2 += <u64>load<u32>(pp, 8); h3 += <u64>load<u32>(pp, 12); h4 += 1;
d0 = h0 * r0 + h1 * s3 + h2 * s2 + h3 * s1;
d1 = h0 * r1 + h1 * r0 + h2 * s3 + h3 * s2 + h4 * s1;
d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s3 + h4 * s2;
d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s3;
d1 += d0 >> 32; d2 += d1 >> 32; d3 += d2 >> 32; h4 = h4 * r0 + (d3 >> 32);
h0 = lo(d0) + (h4 >> 2) + (h4 & ~3); h4 &= 3; h1 = lo(d1); h2 = lo(d2); h3 = lo(d3);
pp += 16;
 }
  store<u64>((base + 1152), h0); store<u64>((base + 1152), h1, 8); store<u64>((base + 1152), h2, 16); store<u64>((base + 1152), h3, 24); store<u64>((base + 1152), h4, 32);

}
// absorbs the length block and leaves the tag at (base + 1152)+112
// the AEAD's last block (RFC 8439 §2.8), ad length 0 | len (< 2^32), then the tag at base + 1264
function polyFinal(len: u64): void {
  let h0 = load<u64>((base + 1152)), h1 = load<u64>((base + 1152), 8), h2 = load<u64>((base + 1152), 16), h3 = load<u64>((base + 1152), 24), h4 = load<u64>((base + 1152), 32);
const r0 = load<u64>((base + 1152), 40), r1 = load<u64>((base + 1152), 48), r2 = load<u64>((base + 1152), 56), r3 = load<u64>((base + 1152), 64), s1 = load<u64>((base + 1152), 72), s2 = load<u64>((base + 1152), 80), s3 = load<u64>((base + 1152), 88);
let d0: u64, d1: u64, d2: u64, d3: u64, w0: u64, w1: u64;

  h2 += len; h4 += 1;
  d0 = h0 * r0 + h1 * s3 + h2 * s2 + h3 * s1;
d1 = h0 * r1 + h1 * r0 + h2 * s3 + h3 * s2 + h4 * s1;
d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s3 + h4 * s2;
d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s3;
d1 += d0 >> 32; d2 += d1 >> 32; d3 += d2 >> 32; h4 = h4 * r0 + (d3 >> 32);
h0 = lo(d0) + (h4 >> 2) + (h4 & ~3); h4 &= 3; h1 = lo(d1); h2 = lo(d2); h3 = lo(d3);
  store<u64>((base + 1152), h0); store<u64>((base + 1152), h1, 8); store<u64>((base + 1152), h2, 16); store<u64>((base + 1152), h3, 24); store<u64>((base + 1152), h4, 32);
  polyTag();
}
// reduces, adds s and leaves the tag at base + 1264 (§2.5.1)
function polyTag(): void {
  let h0 = load<u64>((base + 1152)), h1 = load<u64>((base + 1152), 8), h2 = load<u64>((base + 1152), 16), h3 = load<u64>((base + 1152), 24), h4 = load<u64>((base + 1152), 32);
  h1 += h0 >> 32; h0 = lo(h0); h2 += h1 >> 32; h1 = lo(h1); h3 += h2 >> 32; h2 = lo(h2); h4 += h3 >> 32; h3 = lo(h3);
  h0 += (h4 >> 2) * 5; h4 &= 3;
  h1 += h0 >> 32; h0 = lo(h0); h2 += h1 >> 32; h1 = lo(h1); h3 += h2 >> 32; h2 = lo(h2); h4 += h3 >> 32; h3 = lo(h3);
  const g0 = h0 + 5, g1 = h1 + (g0 >> 32), g2 = h2 + (g1 >> 32), g3 = h3 + (g2 >> 32), g4 = h4 + (g3 >> 32);
  const mask: u64 = 0 - ((g4 >> 2) & 1);
  let a = h0 | (h1 << 32), b = h2 | (h3 << 32);
  const ga = lo(g0) | (g1 << 32), gb = lo(g2) | (g3 << 32);
  a ^= (a ^ ga) & mask; b ^= (b ^ gb) & mask;
  const t = a + load<u64>((base + 1152), 96);
  store<u64>((base + 1152), t, 112); store<u64>((base + 1152), b + load<u64>((base + 1152), 104) + u64(t < a), 120);
}

function setup(key: usize, nlo: u32, nhi: u32): void {
  v128.store((base + 1024), i32x4(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574));
  v128.store((base + 1024), v128.load(key), 16); v128.store((base + 1024), v128.load(key, 16), 32);
  store<u64>((base + 1024), 0, 48); store<u32>((base + 1024), nlo, 56); store<u32>((base + 1024), nhi, 60);
}
function xorTail(d: usize, k: usize, n: i32): void {
  for (; n >= 16; n -= 16) { v128.store(d, v128.xor(v128.load(d), v128.load(k))); d += 16; k += 16; }
  if (n & 8) { store<u64>(d, load<u64>(d) ^ load<u64>(k)); d += 8; k += 8; }
  if (n & 4) { store<u32>(d, load<u32>(d) ^ load<u32>(k)); d += 4; k += 4; }
  if (n & 2) { store<u16>(d, load<u16>(d) ^ load<u16>(k)); d += 2; k += 2; }
  if (n & 1) store<u8>(d, load<u8>(d) ^ load<u8>(k));
}
function zpad(p: usize, n: i32): void {
  if (n & 8) { store<u64>(p, 0); p += 8; }
  if (n & 4) { store<u32>(p, 0); p += 4; }
  if (n & 2) { store<u16>(p, 0); p += 2; }
  if (n & 1) store<u8>(p, 0);
}
@inline function min(a: i32, b: i32): i32 { return a < b ? a : b; }

// ---- one group of chacha with a share of the pending poly work ----
let pp: usize = 0, pn: i32 = 0, gl: i32 = 0; // pending Poly1305 input (16-byte blocks), 4-block groups left
function g4(mx: i32, dx: usize, ctr: u32): void {
  const np = gl > 1 ? (pn + gl - 1) / gl : pn; gl -= 1;
  if (np >= 10) { const q = pp; pp += <usize>np << 4; pn -= np; cc4p(mx, dx, ctr, q, np); } else cc4(mx, dx, ctr);
}
function g8(mx: i32, dx: usize, my: i32, dy: usize, ctr: u32): void {
  const np = gl > 2 ? (2 * pn + gl - 1) / gl : pn; gl -= 2;
  if (np >= 20) { const q = pp; pp += <usize>np << 4; pn -= np; cc8p(mx, dx, my, dy, ctr, q, np); } else cc8(mx, dx, my, dy, ctr);
}
// n bytes at p from block counter ctr (a multiple of 4)
function stream(p: usize, n: i32, ctr: u32): void {
  while (n > 256) {
    if (n >= 512) { g8(1, p, 1, p + 256, ctr); p += 512; n -= 512; ctr += 8; }
    else { g8(1, p, 0, (base + 2048), ctr); xorTail(p + 256, (base + 2048), n - 256); return; }
  }
  while (n >= 256) { g4(1, p, ctr); p += 256; n -= 256; ctr += 4; }
  if (n > 0) { g4(0, (base + 2048), ctr); xorTail(p, (base + 2048), n); }
}
// descriptor: u32 key, data, len, ok, nonce lo, nonce hi  (24 bytes)
// Pipelined: ChaCha20 of packet k runs interleaved with Poly1305 of packet k-1.
export function seal_batch(q: usize, cnt: i32): void {
  pn = 0;
  let prev: usize = 0, plen: i32 = 0;
  for (let k = 0; k < cnt; k++, q += 24) {
    const d = <usize>load<u32>(q, 4), len = <i32>load<u32>(q, 8);
    setup(<usize>load<u32>(q), load<u32>(q, 16), load<u32>(q, 20));
    gl = (len + 64 + 255) >> 8;
    if (len < 192) { g4(0, (base + 2048), 0); v128.store((base + 1280), v128.load((base + 2048))); v128.store((base + 1280), v128.load((base + 2048), 16), 16); xorTail(d, (base + 2048) + 64, len); }
    else {
      if (len >= 448) { g8(2, d, 1, d + 192, 0); stream(d + 448, len - 448, 8); } else      { g4(2, d, 0); stream(d + 192, len - 192, 4); }
    }
    if (prev) { if (pn > 0) polyBlocks(pp, pn); polyFinal(<u64>plen); v128.store(prev + plen, v128.load((base + 1152), 112)); }
    zpad(d + len, -len & 15); polyInit((base + 1280)); pp = d; pn = (len + 15) >> 4; prev = d; plen = len;
  }
  if (prev) { polyBlocks(pp, pn); polyFinal(<u64>plen); v128.store(prev + plen, v128.load((base + 1152), 112)); }
  pn = 0;
}
// Pipelined verify-then-decrypt: Poly1305 of packet k runs interleaved with the ChaCha20 of
// packet k-1 (already verified) and the first blocks of packet k+1.
const B0: i32 = 448;
@inline function head(s: usize, len: i32): void { if (len > 192) g8(0, s, 0, s + 256, 0); else g4(0, s, 0); }
export function open_batch(q: usize, cnt: i32): i32 {
  if (cnt <= 0) return 0;
  let good = 0, sa: usize = (base + 2560), sb: usize = (base + 3072), pok = 0; pn = 0;
  setup(<usize>load<u32>(q), load<u32>(q, 16), load<u32>(q, 20)); head(sa, <i32>load<u32>(q, 8));
  for (let k = 0; k <= cnt; k++, q += 24) {
    const d = <usize>load<u32>(q, 4), len = <i32>load<u32>(q, 8); // (k == cnt: unused)
    const last = k == cnt;
    let tag = i64x2.splat(0), nlen = 0;
    if (!last) { polyInit(sa); tag = v128.load(d + len); zpad(d + len, -len & 15); pp = d; pn = (len + 15) >> 4; } else pn = 0;
    gl = 0;
    if (k + 1 < cnt) { nlen = <i32>load<u32>(q, 32); gl = nlen > 192 ? 2 : 1; }
    if (pok) {
      const e = q - 24, plen = <i32>load<u32>(e, 8);
      if (plen > B0) {
        gl += (plen - B0 + 255) >> 8;
        setup(<usize>load<u32>(e), load<u32>(e, 16), load<u32>(e, 20));
        stream(<usize>load<u32>(e, 4) + B0, plen - B0, 8);
      }
    }
    if (last) break;
    if (k + 1 < cnt) { setup(<usize>load<u32>(q, 24), load<u32>(q, 40), load<u32>(q, 44)); head(sb, nlen); }
    if (pn > 0) { polyBlocks(pp, pn); pn = 0; }
    polyFinal(<u64>len); v128.store(d + len, tag);
    pok = i32(!v128.any_true(v128.xor(tag, v128.load((base + 1152), 112))));
    store<u32>(q, pok, 12); good += pok;
    if (pok) xorTail(d, sa + 64, min(len, B0));
    const t = sa; sa = sb; sb = t;
  }
  return good;
}
// The two halves for themselves, for the RFC's own vectors: ChaCha20 from a block counter on under a whole nonce (§2.4),
// and Poly1305 of any length (§2.5).
export function chacha20(key: usize, nonce: usize, counter: u32, at: usize, length: i32): void {
  setup(key, load<u32>(nonce, 4), load<u32>(nonce, 8)); store<u32>(base + 1024, load<u32>(nonce), 52);
  pn = 0; gl = 0; stream(at, length, counter);
}
export function poly1305(key: usize, at: usize, length: i32, tag: usize): void {
  polyInit(key); polyBlocks(at, length >> 4);
  const rest = length & 15, last = base + 2048;
  if (rest) { // a short block carries its own 1; the 2^128 of a whole one, which polyBlocks adds, is taken back before
    v128.store(last, i64x2.splat(0)); memory.copy(last, at + length - rest, rest); store<u8>(last + rest, 1);
    store<u64>(base + 1152, load<u64>(base + 1152, 32) - 1, 32); polyBlocks(last, 1);
  }
  polyTag(); v128.store(tag, v128.load(base + 1152, 112));
}
export function init(): void { v128.store((base + 1088), i8x16(2,3,0,1,6,7,4,5,10,11,8,9,14,15,12,13)); v128.store((base + 1104), i8x16(3,0,1,2,7,4,5,6,11,8,9,10,15,12,13,14)); }
init();
export { checksum } from "./checksum.as";
