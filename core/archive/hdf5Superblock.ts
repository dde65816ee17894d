/**
 * The first bytes of an HDF5 file (HDF5 File Format Specification 3.0, II.A): enough to tell whether the
 * file is as long as the library that wrote it left it, before the library is asked to open it.
 */

const signature = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);

/** True where the bytes begin with the HDF5 signature. */
export function isHdf5(bytes: Uint8Array): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}

/**
 * @param bytes at least the first 64 bytes of the file
 * @returns the end-of-file address: the number of bytes the file must have; null where it cannot be told
 */
export function hdf5EndOfFile(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[8] ?? 255;
  const offsetSize = version < 2 ? bytes[13] : bytes[9];
  if (version > 3 || offsetSize !== 8) return null;
  // Versions 0 and 1: 24 (28) bytes of sizes and flags, base address, free-space address, end of file.
  // Versions 2 and 3: 12 bytes, base address, extension address, end of file.
  const at = version === 0 ? 24 + 16 : version === 1 ? 28 + 16 : 12 + 16;
  if (bytes.length < at + 8) return null;
  const end = Number(view.getBigUint64(at, true));
  return end > 0 && end <= Number.MAX_SAFE_INTEGER ? end : null;
}
