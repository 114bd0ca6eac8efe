import { expect, test } from 'vitest';
import { newBase } from '../../../shared/documents/common.ts';
import type { AnyDoc } from '../replication/port.ts';
import { reconcile } from '../replication/reconcile.ts';
import { type EqaEvent, type EqaItem, newItem } from './eqa.ts';
import { joinedEvent } from './eqa-merge.ts';

const at = (hour: number): string => `2026-07-29T${String(hour).padStart(2, '0')}:00:00.000Z`;
const typed = (specimen: string, text: string, hour: number): EqaItem => ({
  ...newItem(specimen, 'NA'),
  ...{ text, source: text === '' ? '' : 'typed', by: text === '' ? '' : 'K. Obi', at: at(hour) },
});
const measured = (specimen: string, text: string, hour: number): EqaItem => ({
  ...newItem(specimen, 'NA'),
  ...{ text, source: 'measured', resultId: 'r', at: at(hour) },
});
const target = { mean: 140, sd: 2, low: null, high: null };
const event = (items: EqaItem[], more: Partial<EqaEvent> = {}): EqaEvent => ({
  ...{ id: 'e', scheme: 'Scheme', name: '2026-B', dueOn: '2026-08-01', items, submitted: null },
  ...{ outcomeBy: '', outcomeTime: '', savedTime: at(1) },
  ...more,
});
const texts = (one: EqaEvent): string[] => one.items.map(({ specimen, text }) => `${specimen} ${text}`);

test('results of both stations stand, whichever side they are joined at', () => {
  const here = event([typed('1', '140', 6), newItem('2', 'NA')]);
  const there = event([newItem('1', 'NA'), typed('2', '120', 7)]);
  for (const one of [joinedEvent(here, there), joinedEvent(there, here)])
    expect(texts(one)).toEqual(['1 140', '2 120']);
});

test('of two results the later one stands, a typed one before a measured one, and one taken back is gone', () => {
  const pairs: [EqaItem, EqaItem, string][] = [
    [typed('1', '140', 6), typed('1', '141', 7), '1 141'],
    [typed('1', '140', 6), measured('1', '141', 7), '1 140'],
    [typed('1', '140', 6), typed('1', '', 7), '1 '],
    [measured('1', '140', 6), measured('1', '141', 7), '1 141'],
  ];
  for (const [a, b, stands] of pairs)
    for (const one of [joinedEvent(event([a]), event([b])), joinedEvent(event([b]), event([a]))])
      expect(texts(one)).toEqual([stands]);
});

test('the day and the specimens are those set last; a specimen that was taken out stays where it has a result', () => {
  const here = event([newItem('1', 'NA')], { dueOn: '2026-08-09', savedTime: at(8) });
  const there = event([newItem('1', 'NA'), newItem('2', 'NA'), typed('3', '120', 7)]);
  for (const one of [joinedEvent(here, there), joinedEvent(there, here)]) {
    expect(texts(one)).toEqual(['1 ', '3 120']);
    expect(one.dueOn).toBe('2026-08-09');
  }
});

test('C4 what was submitted stays as it was signed: nothing typed elsewhere meanwhile is added, and the first of two signatures stands', () => {
  const signature = (hour: number) => ({ by: 'O', at: at(hour), meaning: 'm', hash: String(hour) });
  const here = event([typed('1', '140', 6), newItem('2', 'NA')], { submitted: signature(8) });
  const there = event([typed('1', '145', 9), typed('2', '120', 9)], { name: 'B', savedTime: at(9) });
  for (const one of [joinedEvent(here, there), joinedEvent(there, here)]) {
    expect(texts(one)).toEqual(['1 140', '2 ']);
    expect(one).toMatchObject({ name: '2026-B', submitted: { hash: '8' } });
  }
  const second = event([typed('1', '145', 9)], { submitted: signature(10) });
  for (const one of [joinedEvent(here, second), joinedEvent(second, here)])
    expect(one.submitted?.hash).toBe('8');
});

test('outcomes of both stations stand; of two for one result the one entered last', () => {
  const item = typed('1', '140', 6);
  const other = typed('2', '120', 6);
  const submitted = { by: 'O', at: at(7), meaning: 'm', hash: 'h' };
  const here = event([{ ...item, target, totalErrorAllowed: 5 }, other], {
    ...{ submitted, outcomeBy: 'A', outcomeTime: at(9) },
  });
  const there = event(
    [
      { ...item, target: { ...target, mean: 150 } },
      { ...other, target },
    ],
    {
      ...{ submitted, outcomeBy: 'B', outcomeTime: at(8) },
    },
  );
  for (const one of [joinedEvent(here, there), joinedEvent(there, here)]) {
    expect(one.items.map(({ target: of, totalErrorAllowed }) => [of?.mean, totalErrorAllowed])).toEqual([
      [140, 5],
      [140, null],
    ]);
    expect(one.outcomeBy).toBe('A');
  }
});

test('with nothing of ours left to send the event is as the server has it; otherwise both are sent in one', () => {
  const doc = (value: EqaEvent, change: number): AnyDoc => {
    const base = newBase('qc.eqa.e', at(1), 'onServer');
    return { ...base, change, sync: { ...base.sync, sentChange: 1 }, value } as unknown as AnyDoc;
  };
  const here = event([typed('1', '140', 6), newItem('2', 'NA')]);
  const there = event([typed('2', '120', 7)], { savedTime: at(7) });
  expect(reconcile('settings', doc(here, 1), doc(there, 1), undefined)).toMatchObject({
    ...{ kind: 'take', doc: { value: { items: [{ specimen: '2' }] } } },
  });
  expect(reconcile('settings', doc(here, 2), doc(there, 1), undefined)).toMatchObject({
    kind: 'send',
    doc: {
      value: {
        items: [
          { specimen: '2', text: '120' },
          { specimen: '1', text: '140' },
        ],
      },
    },
  });
});
