/** Versions of which the newest so many are remembered, at least. */
const MOST = 5_000;

/**
 * Versions this station has just sent, so that the news of them is known for an echo without looking anything up. What is no longer
 * remembered is found in the store.
 */
export class Echoes {
  private newer = new Versions();
  private older = new Versions();

  /** The server has stored a version that this station sent. */
  sent(resourceType: string, id: string, versionId: string): void {
    if (versionId === '') return;
    if (this.newer.size >= MOST) [this.older, this.newer] = [this.newer, new Versions()];
    this.newer.set(resourceType, id, versionId);
  }

  /** True for a version that was sent from here and is the last one. */
  has(reference: string, versionId: string | undefined): boolean {
    return versionId !== undefined && this.last(reference) === versionId;
  }

  /**
   * True for the JSON text of a notification about one resource, when that is the version sent last. A text that says it in another way, or
   * of more than one, is not recognised and has to be read.
   */
  isIn(text: string): boolean {
    const reference = onlyText(text, '"focus":{"reference":"');
    const versionId = reference === undefined ? undefined : this.last(reference);
    return versionId !== undefined && onlyText(text, '"versionId":"') === versionId;
  }

  private last(reference: string): string | undefined {
    return this.newer.get(reference) ?? this.older.get(reference);
  }
}

/** Version ids by resource type and id: that is cheaper than one text of both for each. */
class Versions {
  size = 0;
  private readonly types = new Map<string, Map<string, string>>();

  set(type: string, id: string, versionId: string): void {
    let ids = this.types.get(type);
    if (ids === undefined) {
      ids = new Map();
      this.types.set(type, ids);
    }
    if (!ids.has(id)) this.size += 1;
    ids.set(id, versionId);
  }

  /** @param reference `Observation/17` */
  get(reference: string): string | undefined {
    const at = reference.indexOf('/');
    return this.types.get(reference.slice(0, at))?.get(reference.slice(at + 1));
  }
}

/** What stands between `before` and the next quotation mark; undefined unless it stands there once. */
function onlyText(text: string, before: string): string | undefined {
  const at = text.indexOf(before);
  if (at < 0 || text.includes(before, at + before.length)) return undefined;
  const from = at + before.length;
  return text.slice(from, text.indexOf('"', from));
}
