// @vitest-environment happy-dom
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startI18n } from '../i18n/index.ts';
import { type PinOf, usePin } from './pin.tsx';

let root: Root;
let pin: PinOf;
const Form = () => {
  pin = usePin(true);
  return pin.field;
};
beforeEach(() => {
  startI18n();
  document.body.innerHTML = '<div id="root"></div>';
  root = createRoot(document.getElementById('root') as HTMLElement);
  act(() => root.render(<Form />));
});
afterEach(() => act(() => root.unmount()));

const alerts = () => [...document.querySelectorAll('[role=alert]')].map(({ textContent }) => textContent);
const box = () => document.querySelector('input') as HTMLInputElement;
function type(text: string): void {
  act(() => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(box(), text);
    box().dispatchEvent(new Event('input', { bubbles: true }));
  });
}

it('C4 a PIN that is refused is typed anew, and nobody is told off for the field that is empty then', async () => {
  const given: string[] = [];
  const refused = { code: 'access.denied', what: 'The PIN is not right.', safe: '', todo: '' };
  const sign = async (typed: string) => {
    given.push(typed);
    return { ok: false as const, error: refused };
  };
  expect(await act(() => pin.sign(sign))).toBe('stay');
  expect(alerts()).toEqual(['Type your PIN of 4 to 8 digits']);
  type('0000');
  expect(alerts()).toEqual([]);
  expect(await act(() => pin.sign(sign))).toBe(refused);
  expect([given, box().value, alerts()]).toEqual([['0000'], '', []]);
});
