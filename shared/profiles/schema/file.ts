/** Profiles of devices that leave result files in a folder. */
import { z } from 'zod';
import { commonShape } from './common.ts';
import { Layout } from './layout.ts';

export const FileProfile = z.strictObject({
  ...commonShape,
  protocol: z.literal('file'),
  link: z
    .strictObject({
      /** which files are taken: `*.csv`; `*` and `?` as in a shell */
      pattern: z.string().min(1).default('*'),
      /** a file is taken when its size has not changed for so long, milliseconds */
      settledMs: z.number().int().min(0).default(1_000),
      /** how often the folder is looked at, milliseconds; a watcher only makes it sooner */
      pollMs: z.number().int().positive().default(2_000),
      maxBytes: z.number().int().positive().default(16_777_216),
    })
    .prefault({}),
  dialect: Layout,
});
export type FileProfile = z.infer<typeof FileProfile>;
