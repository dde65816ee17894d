/** Small matrix products, two float64 at a time (AssemblyScript). Addresses and distances are in bytes. */

const number: usize = 8;
const vector: usize = 16;

/**
 * C = A B, [rows, inner] · [inner, columns], row-major; rows even, bytes of a row of B and C a multiple of two vectors.
 * Four rows by two vectors of C are summed at a time, in registers.
 */
export function multiply(a: usize, rows: i32, inner: i32, b: usize, rowBytes: usize, c: usize): void {
  const aBytes = <usize>inner * number;
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    for (let column: usize = 0; column < rowBytes; column += 2 * vector) {
      let c00 = f64x2.splat(0);
      let c01 = c00;
      let c10 = c00;
      let c11 = c00;
      let c20 = c00;
      let c21 = c00;
      let c30 = c00;
      let c31 = c00;
      let at = b + column;
      let a0 = a;
      let a2 = a + 2 * aBytes;
      const end = a + aBytes;
      while (a0 < end) {
        const b0 = v128.load(at);
        const b1 = v128.load(at, 16);
        const x0 = v128.load64_splat(a0);
        c00 = f64x2.add(c00, f64x2.mul(x0, b0));
        c01 = f64x2.add(c01, f64x2.mul(x0, b1));
        const x1 = v128.load64_splat(a0 + aBytes);
        c10 = f64x2.add(c10, f64x2.mul(x1, b0));
        c11 = f64x2.add(c11, f64x2.mul(x1, b1));
        const x2 = v128.load64_splat(a2);
        c20 = f64x2.add(c20, f64x2.mul(x2, b0));
        c21 = f64x2.add(c21, f64x2.mul(x2, b1));
        const x3 = v128.load64_splat(a2 + aBytes);
        c30 = f64x2.add(c30, f64x2.mul(x3, b0));
        c31 = f64x2.add(c31, f64x2.mul(x3, b1));
        at += rowBytes;
        a0 += number;
        a2 += number;
      }
      let to = c + column;
      v128.store(to, c00);
      v128.store(to, c01, 16);
      to += rowBytes;
      v128.store(to, c10);
      v128.store(to, c11, 16);
      to += rowBytes;
      v128.store(to, c20);
      v128.store(to, c21, 16);
      to += rowBytes;
      v128.store(to, c30);
      v128.store(to, c31, 16);
    }
    a += 4 * aBytes;
    c += 4 * rowBytes;
  }
  if (row < rows) {
    for (let column: usize = 0; column < rowBytes; column += 2 * vector) {
      let c00 = f64x2.splat(0);
      let c01 = c00;
      let c10 = c00;
      let c11 = c00;
      let at = b + column;
      let a0 = a;
      const end = a + aBytes;
      while (a0 < end) {
        const b0 = v128.load(at);
        const b1 = v128.load(at, 16);
        const x0 = v128.load64_splat(a0);
        c00 = f64x2.add(c00, f64x2.mul(x0, b0));
        c01 = f64x2.add(c01, f64x2.mul(x0, b1));
        const x1 = v128.load64_splat(a0 + aBytes);
        c10 = f64x2.add(c10, f64x2.mul(x1, b0));
        c11 = f64x2.add(c11, f64x2.mul(x1, b1));
        at += rowBytes;
        a0 += number;
      }
      const to = c + column;
      v128.store(to, c00);
      v128.store(to, c01, 16);
      v128.store(to + rowBytes, c10);
      v128.store(to + rowBytes, c11, 16);
    }
  }
}
