// The Internet checksum (RFC 1071) of n bytes at p, SIMD: 32 bytes a step, in four lanes of 64 bits.
// AssemblyScript, not Deno's TypeScript. src/offload/checksum.ts is the reference that it is tested against.

@inline function fold(x: u32): u32 { return (x & 0xffff) + (x >> 16); }

// init + the sum of the big-endian 16-bit words, folded to 16 bits; the caller takes the complement.
export function checksum(p: usize, n: i32, init: u32): u32 {
  let lanes = i64x2.splat(0);
  while (n >= 32) {
    const x = v128.load(p), y = v128.load(p, 16);
    lanes = i64x2.add(lanes, i64x2.extend_low_i32x4_u(x));
    lanes = i64x2.add(lanes, i64x2.extend_high_i32x4_u(x));
    lanes = i64x2.add(lanes, i64x2.extend_low_i32x4_u(y));
    lanes = i64x2.add(lanes, i64x2.extend_high_i32x4_u(y));
    p += 32; n -= 32;
  }
  let sum: u64 = i64x2.extract_lane(lanes, 0) + i64x2.extract_lane(lanes, 1);
  while (n >= 4) { sum += load<u32>(p); p += 4; n -= 4; }
  if (n >= 2) { sum += load<u16>(p); p += 2; n -= 2; }
  if (n) sum += load<u8>(p);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  const little = fold(fold(<u32>sum));
  return fold(fold((((little & 0xff) << 8) | (little >> 8)) + init));
}
