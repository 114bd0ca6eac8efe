/** Tables of HL7 v2 that an order of the hospital is read with (standards section 4). Pure. */
import type { OrderDoc, Priority } from '../documents/order.ts';

/** What ORC-1 and ORC-5 together ask for. `hold` and `resume` change only whether the order is worked on. */
export type Wish =
  | { kind: 'new'; status: 'active' | 'on-hold' }
  | { kind: 'cancel'; status: 'revoked' | 'entered-in-error' }
  | { kind: 'change' | 'hold' | 'resume' };

/** ORC-5 (table 0038) as ServiceRequest.status: A IP SC active, CM completed, CA DC RP revoked, ER entered-in-error, HD on-hold. Null: no mapping, a person decides. */
export function orderStatus(code: string): OrderDoc['status'] | null {
  switch (code.trim().toUpperCase()) {
    case 'A':
    case 'IP':
    case 'SC':
      return 'active';
    case 'CM':
      return 'completed';
    case 'CA':
    case 'DC':
    case 'RP':
      return 'revoked';
    case 'ER':
      return 'entered-in-error';
    case 'HD':
      return 'on-hold';
    default:
      return null;
  }
}

/**
 * ORC-1 with ORC-5: NW new, CA DC cancel, XO RP change, HD hold, RL resume, SC what ORC-5 says. Null: nothing that can be done here, or the
 * two contradict each other.
 * @param control ORC-1
 * @param status ORC-5, '' when not given
 */
export function wishOf(control: string, status: string): Wish | null {
  const now = status.trim() === '' ? 'active' : orderStatus(status);
  switch (control.trim().toUpperCase()) {
    case 'NW':
      return now === 'active' || now === 'on-hold' ? { kind: 'new', status: now } : null;
    case 'CA':
    case 'DC':
      return { kind: 'cancel', status: now === 'entered-in-error' ? now : 'revoked' };
    case 'XO':
    case 'RP':
      return { kind: 'change' };
    case 'HD':
      return { kind: 'hold' };
    case 'RL':
      return { kind: 'resume' };
    case 'SC':
      if (status.trim() === '' || now === null || now === 'completed' || now === 'draft') return null;
      if (now === 'revoked' || now === 'entered-in-error') return { kind: 'cancel', status: now };
      return { kind: now === 'on-hold' ? 'hold' : 'resume' };
    default:
      return null;
  }
}

const PRIORITIES: Readonly<Record<string, Priority>> = {
  S: 'stat',
  STAT: 'stat',
  A: 'asap',
  ASAP: 'asap',
  R: 'routine',
  ROUTINE: 'routine',
  '': 'routine',
  U: 'urgent',
  T: 'urgent',
  P: 'routine',
  C: 'routine',
  PRN: 'routine',
};

/** Tables 0027 and 0485: S stat, A asap, U and T (timing critical) urgent, R P C PRN and empty routine. Null: unknown. */
export function priorityOf(code: string): Priority | null {
  return PRIORITIES[code.trim().toUpperCase()] ?? null;
}

/** Administrative sex (table 0001): M F; O and A other; all else unknown. */
export function sexOf(code: string): 'male' | 'female' | 'other' | 'unknown' {
  switch (code.trim().toUpperCase()) {
    case 'M':
      return 'male';
    case 'F':
      return 'female';
    case 'O':
    case 'A':
      return 'other';
    default:
      return 'unknown';
  }
}
