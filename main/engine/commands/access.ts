import { newBase } from '../../../shared/documents/common.ts';
import type { PersonDoc, Role } from '../../../shared/documents/person.ts';
import { initials } from '../../../shared/domain/names.ts';
import { LeveyError } from '../../../shared/errors.ts';
import { checkSecret, hashSecret } from '../access/secrets.ts';
import { type Call, person } from '../bench.ts';
import { putSetting } from '../settings.ts';
import type { Handlers } from './handler.ts';

const FAILURES_BEFORE_PAUSE = 5;
const PAUSE_MS = 5 * 60_000;

async function newPerson(
  call: Call,
  input: { name: string; username: string; roles: Role[]; secret: string; pin: string },
): Promise<PersonDoc> {
  return {
    ...newBase(call.bench.newId(), call.at, 'local'),
    username: input.username.trim().toLowerCase(),
    name: input.name.trim(),
    initials: initials(input.name.replace(/^(dr|prof)\.?\s+/i, '')),
    roles: input.roles,
    secretHash: await hashSecret(input.secret),
    pinHash: await hashSecret(input.pin),
    active: true,
    failedAttempts: 0,
    lockedUntil: '',
    lastSignIn: '',
  };
}

function denied(): LeveyError {
  return new LeveyError({
    code: 'access.denied',
    what: 'The name, password or PIN is not right.',
    safe: 'Nothing was changed. Instruments and the queue go on.',
    todo: 'Type it again. After five failures there is a pause of five minutes.',
  });
}

/** The person a name belongs to; names are compared in lower case. */
async function byUsername(call: Call, username: string): Promise<PersonDoc | undefined> {
  const found = await call.bench.store.find('people', {
    selector: { username: { $eq: username.trim().toLowerCase() } },
    limit: 1,
  });
  return found[0];
}

/**
 * Checks a password or PIN, counting failures: the fifth in a row pauses the person for five minutes. Throws `access.denied` or
 * `access.lockedOut`. Also used for the second component of a signature (C4).
 */
export async function authenticate(
  call: Call,
  who: PersonDoc | undefined,
  given: { secret?: string | undefined; pin?: string | undefined },
): Promise<PersonDoc> {
  if (who === undefined || !who.active) {
    await checkSecret(given.secret ?? given.pin ?? '', await dummyHash);
    throw denied();
  }
  if (who.lockedUntil !== '' && who.lockedUntil > call.at) {
    throw new LeveyError({
      code: 'access.lockedOut',
      what: `Too many failures for ${who.username}: a pause until ${who.lockedUntil.slice(11, 16)} UTC.`,
      safe: 'Nothing was changed. Others can sign in.',
      todo: 'Wait for the pause to end, or ask the administrator for a new password.',
    });
  }
  const right =
    given.secret !== undefined
      ? await checkSecret(given.secret, who.secretHash)
      : given.pin !== undefined && (await checkSecret(given.pin, who.pinHash));
  await call.bench.store.write({ ...call.context, actor: who.id }, async (unit) => {
    const now = await unit.get('people', who.id);
    if (now === undefined) return;
    const failed = right ? 0 : now.failedAttempts + 1;
    if (failed === now.failedAttempts && !right) return;
    if (right && now.failedAttempts === 0 && now.lockedUntil === '') return;
    const pause = failed > 0 && failed % FAILURES_BEFORE_PAUSE === 0;
    unit.put('people', {
      ...now,
      failedAttempts: failed,
      lockedUntil: pause
        ? new Date(Date.parse(call.at) + PAUSE_MS).toISOString()
        : right
          ? ''
          : now.lockedUntil,
    });
  });
  if (!right) {
    call.bench.store.note({ ...call.context, actor: who.id }, 'denied', { username: who.username });
    throw denied();
  }
  return who;
}

/** Compared against when nobody has the name, so that the time taken tells nothing. */
const dummyHash = hashSecret('nobody has this one');

async function assertNameFree(call: Call, username: string): Promise<void> {
  if ((await byUsername(call, username)) === undefined) return;
  throw new LeveyError({
    code: 'access.nameTaken',
    what: `Somebody already signs in as ${username}.`,
    safe: 'Nobody was added.',
    todo: 'Choose another name.',
  });
}

export const accessHandlers: Handlers<
  | 'access.setUp'
  | 'access.signIn'
  | 'access.lock'
  | 'access.signOut'
  | 'access.addPerson'
  | 'access.changePerson'
> = {
  'access.setUp': async (call, args) => {
    const admin = await newPerson(call, { ...args, roles: ['admin', 'supervisor'] });
    await call.bench.store.write({ ...call.context, actor: admin.id }, async (unit) => {
      if ((await unit.find('people', { selector: {}, limit: 1 })).length > 0) {
        throw new LeveyError({
          code: 'access.notFirstRun',
          what: 'This station has its administrator already.',
          safe: 'Nothing was changed.',
          todo: 'Sign in.',
        });
      }
      unit.put('people', { ...admin, lastSignIn: call.at });
      await putSetting(unit, call.at, 'laboratory', { name: args.laboratory, address: args.address });
    });
    call.session.personId = admin.id;
    call.session.locked = false;
    return { personId: admin.id };
  },

  'access.signIn': async (call, args) => {
    const who = await authenticate(call, await byUsername(call, args.username), args);
    await call.bench.store.write({ ...call.context, actor: who.id }, async (unit) => {
      const now = await unit.get('people', who.id);
      if (now !== undefined) unit.put('people', { ...now, lastSignIn: call.at });
    });
    call.session.personId = who.id;
    call.session.locked = false;
    return { personId: who.id };
  },

  'access.lock': async (call) => {
    call.bench.store.note(call.context, 'lock', { why: 'asked' });
    call.session.locked = true;
    return null;
  },

  'access.signOut': async (call) => {
    call.bench.store.note(call.context, 'signOut', {});
    call.session.personId = null;
    call.session.locked = false;
    return null;
  },

  'access.addPerson': async (call, args) => {
    if (args.roles.includes('admin') && !person(call).roles.includes('admin')) {
      throw new LeveyError({
        code: 'access.notAllowed',
        what: 'Only an administrator makes another administrator.',
        safe: 'Nobody was added.',
        todo: 'Leave that role out, or ask the administrator.',
      });
    }
    await assertNameFree(call, args.username);
    const doc = await newPerson(call, args);
    await call.bench.store.write(call.context, async (unit) => unit.put('people', doc));
    return { personId: doc.id };
  },

  'access.changePerson': async (call, args) => {
    const secretHash = args.secret === undefined ? undefined : await hashSecret(args.secret);
    const pinHash = args.pin === undefined ? undefined : await hashSecret(args.pin);
    await call.bench.store.write(call.context, async (unit) => {
      const before = await unit.get('people', args.personId);
      if (before === undefined) throw denied();
      const after: PersonDoc = {
        ...before,
        roles: args.roles ?? before.roles,
        active: args.active ?? before.active,
        secretHash: secretHash ?? before.secretHash,
        pinHash: pinHash ?? before.pinHash,
      };
      const others = await unit.find('people', { selector: { active: true } });
      const admins = others.filter((p) => p.id !== after.id && p.roles.includes('admin'));
      if (admins.length === 0 && !(after.active && after.roles.includes('admin'))) {
        throw new LeveyError({
          code: 'access.lastAdmin',
          what: `${before.name} is the last administrator.`,
          safe: 'Nothing was changed.',
          todo: 'Make somebody else administrator first.',
        });
      }
      unit.put('people', after);
    });
    return null;
  },
};
