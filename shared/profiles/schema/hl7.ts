/** Profiles of devices that speak HL7 v2 over MLLP. */
import { z } from 'zod';
import { CHARSETS, commonShape, oneByte, Place } from './common.ts';

const places = z.array(Place).min(1);

export const Hl7Profile = z.strictObject({
  ...commonShape,
  protocol: z.literal('hl7'),
  link: z
    .strictObject({
      /** How long the sender of a message waits for its acknowledgement before it sends it again (M4). */
      ackMs: z.number().int().positive().default(30_000),
      /** How often a message is sent again before it is given up. */
      repeats: z.number().int().min(0).default(3),
      /** Longest message accepted, bytes. */
      maxBytes: z.number().int().positive().default(16_777_216),
      baudRate: z.number().int().positive().default(9600),
      /** `block`: MLLP (M1). `blockCheck`: MLLP whose block ends with an LRC and length, as some serial analysers have it, is not supported. */
      framing: z.literal('mllp').default('mllp'),
    })
    .prefault({}),
  dialect: z
    .strictObject({
      /** MSH-12 we send */
      version: z.string().default('2.5.1'),
      /** what we send; what we read is in the message (M2) */
      delimiters: z
        .strictObject({
          field: oneByte,
          component: oneByte,
          repeat: oneByte,
          escape: oneByte,
          subcomponent: oneByte,
        })
        .default({ field: '|', component: '^', repeat: '~', escape: '\\', subcomponent: '&' }),
      /** of messages without MSH-18 (M6), and of what we send */
      charset: z.enum(CHARSETS).default('utf8'),
      /** Acknowledgement we give when MSH-15 and MSH-16 are empty is original mode (M3); `enhanced` answers CA and AA even then. */
      acknowledge: z.enum(['asAsked', 'original', 'enhanced']).default('asAsked'),
      /** MSH-3 to MSH-6 of what we send; MSH-5 and MSH-6 empty: as the device names itself */
      sender: z.string().default('LEVEY'),
      receiver: z.string().default(''),
      /** where the specimen id stands: the first place that has a value */
      specimen: places.default(['SPM-2.1', 'SAC-3.1', 'OBR-3.1', 'OBR-2.1', 'ORC-3.1']),
      /** where the test code stands (M9): the first place whose value the profile maps, else the first that has a value */
      test: places.default(['OBX-3.1', 'OBX-3.4']),
      /**
       * where the time of the measurement stands; it also tells one measurement from the next. OBR-7 is the time of collection, the same for
       * all measurements of a specimen: only for devices that are known to put the time of the measurement there.
       */
      measured: places.default(['OBX-19', 'OBX-14', 'OBR-22']),
      /** the value and unit: `OBX-5`, `OBX-6.1` */
      value: Place.default('OBX-5'),
      unit: Place.default('OBX-6.1'),
      flags: Place.default('OBX-8'),
      status: Place.default('OBX-11'),
      operator: places.default(['OBX-16.1']),
      serial: places.default(['OBX-18.1', 'MSH-3.2']),
      dilution: Place.nullable().default(null),
      /** what a comma in a value means (R12); absent: see parseValue */
      comma: z.enum(['decimal', 'none']).optional(),
      /** How the device asks for work and how it is answered. `law`: QBP^Q11, RSP^K11, then OML^O33 (IHE LAW). `rsp`: QBP^Q11 answered by an
       * RSP^K11 that holds the orders. `orm`: ORM^O01 answered by ORR^O02. `qry`: QRY^Q02 answered by QCK^Q02 and DSR^Q03. */
      query: z.enum(['none', 'law', 'rsp', 'orm', 'qry']).default('none'),
      /** How work is sent unasked. */
      download: z.enum(['none', 'oml33', 'oml21', 'orm']).default('none'),
    })
    .prefault({}),
});
export type Hl7Profile = z.infer<typeof Hl7Profile>;
