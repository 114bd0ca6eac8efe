/** Room that is taken at a time, in bytes. */
const SLAB = 1_048_576;

/**
 * Texts in UTF-8, one behind the other in large pieces of memory: a buffer of its own for each of many texts of a few kilobytes costs more than
 * writing them. A piece is given back when none of its texts is used any more.
 */
export class Slab {
  private bytes = Buffer.alloc(0);
  private end = 0;

  /** The text in UTF-8; nobody may change it. */
  write(text: string): Buffer {
    const most = text.length * 3;
    if (this.bytes.length - this.end < most) {
      this.bytes = Buffer.allocUnsafeSlow(Math.max(SLAB, most));
      this.end = 0;
    }
    const from = this.end;
    this.end += this.bytes.write(text, from);
    return this.bytes.subarray(from, this.end);
  }
}
