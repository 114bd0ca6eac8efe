/** Profiles of devices that send blocks over a line in a protocol of their own (not ASTM, not HL7). */
import { z } from 'zod';
import { commonShape } from './common.ts';
import { Layout } from './layout.ts';

/** A control character by name or a printable text. */
const mark = z
  .string()
  .regex(
    /^(|STX|ETX|EOT|ENQ|ACK|NAK|ETB|CR|LF|CRLF|GS|RS|FS|US|[\x21-\x7e]{1,8})$/,
    'a control name or printable text',
  );

export const StreamLink = z
  .strictObject({
    /** what begins a block; '' = the first byte that is no control character (lines of text) */
    start: mark.default('STX'),
    /** what ends a block */
    end: mark.refine((text) => text !== '', 'a block needs an end').default('ETX'),
    /** what ends a block whose text goes on in the next one; '' = there are none */
    more: mark.default(''),
    /** `none`; `xor`: XOR of the bytes, `sum`: sum modulo 256, as two hex digits or one byte, `after` the end mark or `before` it */
    checksum: z
      .strictObject({
        kind: z.enum(['none', 'xor', 'sum']),
        form: z.enum(['hex', 'byte']).default('hex'),
        place: z.enum(['afterEnd', 'beforeEnd']).default('afterEnd'),
        /** mark that stands directly before a checksum `beforeEnd`; it is summed with the text */
        mark: mark.default(''),
        /** whether the start and end marks are summed too; the end mark never when the checksum stands before it */
        withStart: z.boolean().default(false),
        withEnd: z.boolean().default(true),
      })
      .refine(
        ({ form, place, mark: before }) => form === 'hex' || place === 'afterEnd' || before !== '',
        'a checksum of one byte before the end needs a mark before it',
      )
      .default({ kind: 'none', form: 'hex', place: 'afterEnd', mark: '', withStart: false, withEnd: true }),
    /** `none`: the device sends and hears nothing. `ackBlock`: every block is answered ACK or NAK. `enqAck`: ENQ asks first and EOT ends. */
    handshake: z.enum(['none', 'ackBlock', 'enqAck']).default('none'),
    /** what begins and ends one message of several blocks, by the beginning of the block's text: '' = every block is one */
    messageStart: z.string().default(''),
    messageEnd: z.string().default(''),
    /** how long a begun block may take, milliseconds */
    blockMs: z.number().int().positive().default(10_000),
    /** how long a begun message may wait for its next block, milliseconds */
    messageMs: z.number().int().positive().default(60_000),
    /** longest block, bytes */
    maxBytes: z.number().int().positive().default(65_536),
    /** how long the answer to a block of ours is waited for, milliseconds; not with the handshake `none` */
    answerMs: z.number().int().positive().default(3_000),
    /** how often a block of ours is sent again when it is refused or not answered */
    repeats: z.number().int().min(0).default(3),
    baudRate: z.number().int().positive().default(9600),
  })
  .refine(
    ({ messageStart, messageEnd }) =>
      messageStart === '' ||
      (messageEnd !== '' && !messageStart.startsWith(messageEnd) && !messageEnd.startsWith(messageStart)),
    'a message that begins needs an end of its own',
  );
export type StreamLink = z.infer<typeof StreamLink>;

const span = z.strictObject({ at: z.number().int().positive(), length: z.number().int().positive() });

/** How a device asks for the work of one specimen, in a block of fixed places, and how it is answered in one. Places count bytes from 1. */
const StreamOrders = z.strictObject({
  /** kinds of block (the layout's field with the role `kind`) that ask */
  ask: z.array(z.string().min(1)).min(1),
  /** where the request names the specimen */
  specimen: span,
  /** what of the request the answer repeats, behind its own beginning */
  echo: span,
  /** beginning of the answer */
  begin: z.string(),
  /** what stands between the repeated part and the tests */
  between: z.string(),
  /** each test: its code, as long as so, and what follows it */
  codeLength: z.number().int().positive(),
  after: z.string(),
  /** the whole answer when there is nothing to do */
  nothing: z.string().min(1),
  /** tests that have room in one answer */
  most: z.number().int().positive(),
});

export const StreamProfile = z.strictObject({
  ...commonShape,
  protocol: z.literal('stream'),
  link: StreamLink.prefault({}),
  dialect: Layout,
  orders: StreamOrders.nullable().default(null),
});
export type StreamProfile = z.infer<typeof StreamProfile>;
