/** Which comments (C) are about a result: its own, those of its order, and those behind other records of the same measurement. */
import { type AstmMessage, type AstmRecord, field } from '../../protocols/astm/records.ts';

/** R records of one message by what they are for. */
export interface CommentView {
  message: AstmMessage;
  /** comments that stand under another record (R2) */
  commentsUnder(record: AstmRecord): readonly AstmRecord[];
  /** true for a record of another aspect of the measurement `result`: a signal, an index, an interpretation that is posted nowhere */
  isPartOf(record: AstmRecord, result: AstmRecord): boolean;
}

/** Comments about a result, in the order of the message. Blank ones, such as an order's empty form fields, are none. */
export function commentsAbout(result: AstmRecord, order: AstmRecord | null, view: CommentView): AstmRecord[] {
  const found = [...(order === null ? [] : view.commentsUnder(order)), ...view.commentsUnder(result)];
  const { records } = view.message;
  for (let at = result.index + 1; at < records.length; at += 1) {
    const record = records[at];
    if (record === undefined || record.level < result.level) break;
    if (record.kind !== 'result') continue;
    if (!view.isPartOf(record, result)) break;
    found.push(...view.commentsUnder(record));
  }
  return found.filter((one) =>
    field(one, 4)
      .repeats.flat()
      .some((text) => text.trim() !== ''),
  );
}
