/** The order a self-test sends: for a number that no specimen has, in the name of nobody. */

import type { CanonicalQuery } from '../../../../../shared/profiles/canonical.ts';
import { type EncodedOrders, encodeOrders } from '../../../../../shared/profiles/orders/encode.ts';
import {
  nothingFor,
  type OrderForInstrument,
  orderCode,
} from '../../../../../shared/profiles/orders/order.ts';
import type { Profile } from '../../../../../shared/profiles/profile.ts';

/** The specimen number of every self-test: numbers of this laboratory begin with digits, so it can be no patient's. Twelve characters. */
export const TEST_SPECIMEN = 'SELFTEST0001';
const NAMES = { utf8: 'PRÜFUNG Łódź', latin1: 'PRÜFUNG', ascii: 'NO PATIENT' } as const;

export class TestOrder {
  readonly #profile: Profile;
  readonly #sender: string;
  readonly #time: string;
  #ids = 0;
  readonly #prefix: string;
  /** What is ordered, as the device knows it; '' when the profile orders nothing. */
  readonly code: string;

  /** @param time local time of the bench, `YYYYMMDDHHMMSS` */
  constructor(profile: Profile, sender: string, time: string) {
    this.#profile = profile;
    this.#sender = sender;
    this.#time = time;
    this.#prefix = `T${time.slice(2)}`;
    this.code =
      profile.tests.map((test) => orderCode(profile, test.test)).find((code) => code !== null) ?? '';
  }

  /** A fresh number for a message of the test. */
  id(): string {
    this.#ids += 1;
    return `${this.#prefix}N${this.#ids}`;
  }

  /** The order, or its cancellation, as the device takes it unasked; undefined: it takes none. */
  download(change: 'new' | 'cancel', name: 'plain' | 'special' = 'plain'): EncodedOrders | undefined {
    return this.#encode([this.#order(change, name)], undefined)[0];
  }

  /** The answer to a device that asks: the test order for the test specimen, nothing for any other. */
  answer(query: CanonicalQuery): EncodedOrders[] {
    const orders = query.specimenIds.map((named) =>
      named === TEST_SPECIMEN ? { ...this.#order('new', 'plain'), named } : nothingFor(named),
    );
    return this.#encode(orders, query);
  }

  #encode(orders: OrderForInstrument[], query: CanonicalQuery | undefined): EncodedOrders[] {
    const envelope = { sender: this.#sender, time: this.#time, controlId: () => this.id() };
    return encodeOrders(this.#profile, orders, envelope, query);
  }

  #order(change: 'new' | 'cancel', name: 'plain' | 'special'): OrderForInstrument {
    const charset = this.#profile.protocol === 'astm' ? 'ascii' : this.#profile.dialect.charset;
    const test = this.#profile.tests.find((one) => orderCode(this.#profile, one.test) === this.code);
    return {
      ...nothingFor(TEST_SPECIMEN),
      tests: this.code === '' || test === undefined ? [] : [{ test: test.test, code: this.code, change }],
      orderedAt: this.#time,
      collectedAt: this.#time,
      receivedAt: this.#time,
      patient: {
        id: 'SELFTEST',
        familyName: 'SELFTEST',
        givenName: name === 'special' ? NAMES[charset] : 'NO PATIENT',
        birthDate: '',
        sex: 'U',
      },
    };
  }
}
