/**
 * The virtio-net header (virtio 1.2 §5.1.6) for tests: its fields and its bytes,
 * with nothing of src.
 *
 * @module
 */

/** The fields of a virtio-net header. */
export interface Virtio {
  flags: number;
  type: number;
  headers: number;
  size: number;
  start: number;
  offset: number;
}

/** What the header says of a packet that is complete. */
export const NO_VIRTIO: Virtio = {
  flags: 0,
  type: 0,
  headers: 0,
  size: 0,
  start: 0,
  offset: 0,
};

/** The header's 10 bytes. */
export function virtioBytes(virtio: Virtio): Uint8Array {
  const view = new DataView(new ArrayBuffer(10));
  view.setUint8(0, virtio.flags);
  view.setUint8(1, virtio.type);
  view.setUint16(2, virtio.headers, true);
  view.setUint16(4, virtio.size, true);
  view.setUint16(6, virtio.start, true);
  view.setUint16(8, virtio.offset, true);
  return new Uint8Array(view.buffer);
}

/** The inverse. */
export function parseVirtio(bytes: Uint8Array): Virtio {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 10);
  return {
    flags: view.getUint8(0),
    type: view.getUint8(1),
    headers: view.getUint16(2, true),
    size: view.getUint16(4, true),
    start: view.getUint16(6, true),
    offset: view.getUint16(8, true),
  };
}
