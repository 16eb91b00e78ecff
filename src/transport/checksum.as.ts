// The Internet checksum (RFC 1071) in SIMD, alone or together with a copy. AssemblyScript, not Deno's TypeScript;
// src/transport/checksum.ts is the reference that it is tested against.
//
// Words are added as they lie, little-endian, and the result's bytes are swapped once (RFC 1071 section 2 B):
//
//   │ 64 bytes a step, in pairs of words onto 16 lanes of 32 bits │ 16 bytes a step │ 4 │ 2 │ 1 │
//
// A lane takes less than 2^17 from a step, so it holds for 2^15 steps; a packet of 64 KiB has 2^10.

@inline function fold(x: u32): u32 { return (x & 0xffff) + (x >> 16); }

@inline function across(lanes: v128): u64 {
  return <u64><u32>i32x4.extract_lane(lanes, 0) + <u64><u32>i32x4.extract_lane(lanes, 1) +
    <u64><u32>i32x4.extract_lane(lanes, 2) + <u64><u32>i32x4.extract_lane(lanes, 3);
}

// The sum of the big-endian words of n bytes at p, folded to 16 bits; where `copying`, which is known when this is
// compiled, they go to q too.
@inline function pass(p: usize, n: i32, q: usize, copying: bool): u32 {
  let a = i32x4.splat(0), b = i32x4.splat(0), c = i32x4.splat(0), d = i32x4.splat(0);
  for (; n >= 64; n -= 64, p += 64) {
    const w = v128.load(p), x = v128.load(p, 16), y = v128.load(p, 32), z = v128.load(p, 48);
    if (copying) {
      v128.store(q, w); v128.store(q, x, 16); v128.store(q, y, 32); v128.store(q, z, 48);
      q += 64;
    }
    a = i32x4.add(a, i32x4.extadd_pairwise_i16x8_u(w)); b = i32x4.add(b, i32x4.extadd_pairwise_i16x8_u(x));
    c = i32x4.add(c, i32x4.extadd_pairwise_i16x8_u(y)); d = i32x4.add(d, i32x4.extadd_pairwise_i16x8_u(z));
  }
  for (; n >= 16; n -= 16, p += 16) {
    const x = v128.load(p);
    if (copying) { v128.store(q, x); q += 16; }
    a = i32x4.add(a, i32x4.extadd_pairwise_i16x8_u(x));
  }
  let sum = across(i32x4.add(i32x4.add(a, b), i32x4.add(c, d)));
  for (; n >= 4; n -= 4, p += 4) {
    const word = load<u32>(p);
    if (copying) { store<u32>(q, word); q += 4; }
    sum += word;
  }
  if (n >= 2) {
    const word = load<u16>(p);
    if (copying) { store<u16>(q, word); q += 2; }
    sum += word; p += 2; n -= 2;
  }
  if (n > 0) {
    const byte = load<u8>(p);
    if (copying) store<u8>(q, byte);
    sum += byte;
  }
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  const little = fold(fold(<u32>sum));
  return ((little & 0xff) << 8) | (little >> 8);
}

// initial + the sum of n bytes at p, folded to 16 bits; the caller takes the complement.
export function checksum(p: usize, n: i32, initial: u32): u32 {
  return fold(fold(pass(p, n, 0, false) + initial));
}

// Copies n bytes from p to q, which lies before p or does not overlap, and returns their sum, folded to 16 bits.
export function copy(p: usize, q: usize, n: i32): u32 {
  return fold(pass(p, n, q, true));
}
