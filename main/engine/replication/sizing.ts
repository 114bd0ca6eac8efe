/** Requests are never made smaller than this for their size alone, in bytes. */
const LEAST_BYTES = 20_000;
/** Most updates, and most entries once one of them is conditional, of a transaction. */
const TRANSACTION_PUTS = 50;
const TRANSACTION_CONDITIONAL = 8;

/** How much one request may hold. */
export interface RequestSize {
  entries: number;
  bytes: number;
  /** Most entries once one of them creates conditionally. */
  conditional: number;
}

/**
 * How large requests are: as large as the server has been seen to take. What it refuses for its size is not sent in that size again; what
 * was too slow or failed inside the server goes in smaller requests until it works again.
 */
export class Sizing {
  private entries: number;
  private bytes: number;
  private careful: number;
  private readonly most: number;

  /** @param limits entries and bytes to begin with; never more than these */
  constructor(limits: { entries: number; bytes: number }) {
    this.entries = limits.entries;
    this.bytes = limits.bytes;
    this.most = limits.entries;
    this.careful = limits.entries;
  }

  /** @param transaction requests are transactions, whose limits are tighter */
  now(transaction: boolean): RequestSize {
    const entries = Math.min(this.entries, this.careful);
    if (!transaction) return { entries, bytes: this.bytes, conditional: entries };
    return {
      entries: Math.min(TRANSACTION_PUTS, entries),
      bytes: this.bytes,
      conditional: Math.min(TRANSACTION_CONDITIONAL, entries),
    };
  }

  /** 413. False when it cannot be made smaller: one entry that is too large by itself. */
  tooLarge(entries: number, bytes: number): boolean {
    if (entries <= 1) return false;
    this.bytes = Math.max(LEAST_BYTES, Math.min(this.bytes, Math.floor(bytes / 2)));
    if (this.bytes === LEAST_BYTES)
      this.entries = Math.max(1, Math.min(this.entries, Math.floor(entries / 2)));
    return true;
  }

  /** The server takes fewer entries. False when it was one already. */
  tooMany(entries: number): boolean {
    if (entries <= 1) return false;
    this.entries = Math.max(1, Math.min(this.entries, Math.floor(entries / 2)));
    return true;
  }

  /** It took too long, or something in it broke the server. */
  troubled(entries: number): void {
    this.careful = Math.max(1, Math.floor(entries / 2));
  }

  /** It went through. */
  fine(): void {
    this.careful = Math.min(this.most, this.careful * 2);
  }
}
