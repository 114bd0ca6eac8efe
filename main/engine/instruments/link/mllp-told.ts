/** What became known of messages by the time they are acknowledged: what their sender is told, and whether they came before. */
import { createHash } from 'node:crypto';
import { type AnswerRules, isWanted, type ReadMessage } from '../../../../shared/protocols/mllp/answer.ts';
import type { ReceivedMessage } from './ports.ts';

/** Control ids whose content is remembered, per line. */
const REMEMBERED = 2_000;

/**
 * What the sender of a block is told once it is stored. `refused`: of none of its messages that it is taken. `none`: it did not ask. A query is
 * told by its response.
 */
export function toldOf(
  read: readonly ReadMessage[],
  rules: AnswerRules,
): NonNullable<ReceivedMessage['told']> {
  const taken = read.filter((one) => one.outcome === 'ok');
  if (taken.length === 0) return 'refused';
  const asked = ({ message }: ReadMessage) =>
    isWanted(message, 'accept', 'ok', rules.acknowledge) ||
    isWanted(message, 'application', 'ok', rules.acknowledge);
  return taken.some(asked) ? 'accepted' : 'none';
}

/** M4: recognises messages that come again with the same MSH-10 and the same content. They are posted again, which has no second effect. */
export class Repeats {
  readonly #known = new Map<string, string>();

  /** Takes note of a block. True when the same block has come before under the same control id. */
  isRepeat(read: readonly ReadMessage[], content: Uint8Array): boolean {
    const key = keyOf(read);
    if (key === '') return false;
    const digest = createHash('sha256').update(content).digest('base64');
    if (this.#known.get(key) === digest) return true;
    this.#known.delete(key);
    this.#known.set(key, digest);
    if (this.#known.size > REMEMBERED) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    return false;
  }

  /** A block that could not be stored has not come. */
  forget(read: readonly ReadMessage[]): void {
    this.#known.delete(keyOf(read));
  }
}

function keyOf(read: readonly ReadMessage[]): string {
  return read.map(({ message }) => message.controlId).join('\r');
}
