/**
 * The running state of a handshake: C, H and κ of the whitepaper §5.4.2, with
 * one method for each token of the Noise pattern.
 *
 * Every array it holds is its own, and is zeroed as soon as the next one takes
 * its place. What the garbage collector has copied is out of reach.
 *
 * @module
 */

import type { Aead } from "./aead.ts";
import { hash, kdf1, kdf2, kdf3 } from "./crypto.ts";
import type { KeyAgreement } from "./key_agreement.ts";
import type { PresharedKey, PrivateKey, PublicKey } from "./keys.ts";

const CONSTRUCTION = new TextEncoder().encode(
  "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s",
);
const IDENTIFIER = new TextEncoder().encode(
  "WireGuard v1 zx2c4 Jason@zx2c4.com",
);
const INITIAL_CHAINING_KEY = hash(CONSTRUCTION);
const INITIAL_HASH = hash(INITIAL_CHAINING_KEY, IDENTIFIER);
const EMPTY = new Uint8Array(0);

/** The paper's running C and H, and κ, the last key mixed out of them. */
export class Transcript {
  /** What computes the DHs that are mixed in. */
  readonly keyAgreement: KeyAgreement;
  readonly #aead: Aead;
  #chainingKey: Uint8Array;
  #hash: Uint8Array;
  #key: Uint8Array = EMPTY;

  private constructor(
    keyAgreement: KeyAgreement,
    aead: Aead,
    chainingKey: Uint8Array,
    hash: Uint8Array,
  ) {
    this.keyAgreement = keyAgreement;
    this.#aead = aead;
    this.#chainingKey = chainingKey;
    this.#hash = hash;
  }

  /** Both sides begin from the responder's static key: H := HASH(H₀ ‖ Sᵣ) */
  static begin(
    responderStatic: PublicKey,
    keyAgreement: KeyAgreement,
    aead: Aead,
  ): Transcript {
    return new Transcript(
      keyAgreement,
      aead,
      INITIAL_CHAINING_KEY.slice(),
      hash(INITIAL_HASH, responderStatic),
    );
  }

  /**
   * A copy to read a message into: an unauthentic one must leave the original
   * as it was, or a forged response would end the handshake it answers. κ is
   * left behind: the next token makes a new one.
   */
  fork(): Transcript {
    return new Transcript(
      this.keyAgreement,
      this.#aead,
      this.#chainingKey.slice(),
      this.#hash.slice(),
    );
  }

  /** Token `e`: a public ephemeral enters both C and H. */
  mixEphemeral(publicKey: PublicKey): void {
    this.#mixHash(publicKey);
    this.#advance(kdf1(this.#chainingKey, publicKey), EMPTY);
  }

  /**
   * Tokens `es`, `ee`, `se`: (C, κ) := KDF₂(C, DH(private, public)); false,
   * with nothing mixed, if the public key is of low order: the handshake must
   * end.
   */
  mixDh(privateKey: PrivateKey, publicKey: PublicKey): boolean {
    const shared = this.keyAgreement.dh(privateKey, publicKey);
    if (shared === undefined) return false;
    this.mixShared(shared);
    shared.fill(0);
    return true;
  }

  /** Token `ss`, whose DH the caller knows: (C, κ) := KDF₂(C, shared) */
  mixShared(shared: Uint8Array): void {
    this.#advance(...kdf2(this.#chainingKey, shared));
  }

  /** Token `psk`: (C, τ, κ) := KDF₃(C, Q); H := HASH(H ‖ τ) */
  mixPresharedKey(presharedKey: PresharedKey): void {
    const [chainingKey, tau, key] = kdf3(this.#chainingKey, presharedKey);
    this.#advance(chainingKey, key);
    this.#mixHash(tau);
    tau.fill(0);
  }

  /** `{plain}`: seals under κ with H as auth, then mixes the ciphertext. */
  seal(plain: Uint8Array): Uint8Array {
    const sealed = this.#aead.seal(this.#key, plain, this.#hash);
    this.#mixHash(sealed);
    return sealed;
  }

  /** The inverse of {@linkcode seal}; `undefined` if it does not authenticate. */
  open(sealed: Uint8Array): Uint8Array | undefined {
    const plain = this.#aead.open(this.#key, sealed, this.#hash);
    if (plain !== undefined) this.#mixHash(sealed);
    return plain;
  }

  /**
   * KDF₂(C, ε): the initiator's send key, then the responder's (§5.4.5). The
   * handshake is over with it, and the transcript is zeroed.
   */
  split(): [Uint8Array, Uint8Array] {
    const keys = kdf2(this.#chainingKey, EMPTY);
    this.wipe();
    return keys;
  }

  /** Zeroes C, H and κ; nothing may be mixed afterwards. */
  wipe(): void {
    this.#chainingKey.fill(0);
    this.#hash.fill(0);
    this.#key.fill(0);
  }

  /** H := HASH(H ‖ data) */
  #mixHash(data: Uint8Array): void {
    const next = hash(this.#hash, data);
    this.#hash.fill(0);
    this.#hash = next;
  }

  /** C := chainingKey, κ := key */
  #advance(chainingKey: Uint8Array, key: Uint8Array): void {
    this.#chainingKey.fill(0);
    this.#key.fill(0);
    this.#chainingKey = chainingKey;
    this.#key = key;
  }
}
