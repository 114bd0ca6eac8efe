import type { Demo } from '../sim/demo.ts';
import { DEMO_PIN } from '../sim/demo-people.ts';
import { staff } from '../sim/laboratory/index.ts';
import { type Hands, until } from './window.ts';

/** Accession number as it is printed on a label: what the eye, and the scanner, reads from it. */
const PRINTED_NUMBER = /(\d{2}-\d{3}-[0-9A-Z]{2}-[0-9A-Z]{4}-[0-9A-Z])(?![0-9A-Z])/;

/** The station's local FHIR API, as an inspector would ask it. */
export async function ask<T>(demo: Demo, path: string): Promise<T> {
  const answer = await fetch(`${demo.api.url}/${path}`, {
    headers: { authorization: `Bearer ${demo.api.token}` },
  });
  if (!answer.ok) throw new Error(`local API: ${answer.status} for ${path}`);
  return (await answer.json()) as T;
}

/** Scans a requisition, says who collected and when, prints the labels, puts them on tubes and scans each tube. Gives the tubes' numbers. */
export async function accession(hands: Hands, demo: Demo, requisition: string): Promise<string[]> {
  const { page } = hands;
  const before = demo.printer.labels.length;
  await hands.scan(requisition);
  const form = page.getByRole('form', { name: 'Collection' });
  await form.waitFor();
  const collector = form.getByLabel('Collector');
  if ((await collector.inputValue()) === '') {
    await collector.focus();
    await hands.type('K. Obi');
  }
  await form.getByLabel('Collected').focus();
  await hands.type('n');
  await hands.press('F8');
  const tubes = await until('the labels on screen', async () => {
    const rows = await page.getByText(PRINTED_NUMBER).allTextContents();
    const numbers = new Set(rows.flatMap((text) => PRINTED_NUMBER.exec(text)?.[1] ?? []));
    const printed = demo.printer.labels
      .slice(before)
      .map((label) => PRINTED_NUMBER.exec(label.zpl)?.[1] ?? '');
    return printed.length > 0 &&
      printed.every((number) => number !== '') &&
      (await form.count()) === 0 &&
      numbers.size > 0
      ? printed
      : undefined;
  });
  await until('every label of the requisition', async () => {
    const row = await ask<{ total?: number }>(demo, `Specimen?identifier=${tubes[0]!.replace(/-/g, '')}`);
    return (row.total ?? 0) > 0;
  });
  const labels = () => demo.printer.labels.slice(before).map((label) => PRINTED_NUMBER.exec(label.zpl)![1]!);
  const count = await tubesOf(demo, labels()[0]!);
  await until('all labels printed', () => labels().length >= count);
  for (const number of labels()) {
    await hands.scan(number.replace(/-/g, ''));
    await until(`${number} received`, async () => {
      const found = await ask<{ entry?: { resource: { receivedTime?: string } }[] }>(
        demo,
        `Specimen?identifier=${number.replace(/-/g, '')}`,
      );
      return found.entry?.some((entry) => entry.resource.receivedTime !== undefined);
    });
  }
  return labels().map((number) => number.replace(/-/g, ''));
}

/** How many tubes the requisition of a tube has: its label says `1 of n`. */
async function tubesOf(demo: Demo, number: string): Promise<number> {
  const label = demo.printer.labels.find((one) => one.zpl.includes(number));
  return Number(/\d+ of (\d+)/.exec(label?.zpl ?? '')?.[1] ?? 1);
}

/** Loads specimens on every analyser, which ask for their orders, measure, and send. */
export async function measure(demo: Demo, specimens: readonly string[]): Promise<void> {
  for (const specimen of specimens) {
    await Promise.all([...demo.analysers.values()].map((analyser) => analyser.run(specimen)));
  }
}

/** Releases everything that waits: all selected, one confirmation, a comment for what is held. */
export async function release(hands: Hands, demo: Demo): Promise<void> {
  const { page } = hands;
  await hands.screen('3', 'Results');
  await until(
    'all results released',
    async () => {
      const { total } = await ask<{ total?: number }>(demo, 'Observation?status=preliminary&_count=1');
      if ((total ?? 0) === 0) return true;
      const all = page.getByRole('checkbox', { name: 'Select all' });
      if (!(await all.isChecked())) await all.click();
      // What may go out is said in the bar before anybody presses the key.
      await page
        .getByText(/can be released|needs? a comment/)
        .first()
        .waitFor();
      await hands.press('F8');
      const dialog = hands.dialog();
      await dialog.waitFor();
      const comment = dialog.getByRole('textbox');
      if ((await comment.count()) > 0) {
        await comment.first().focus();
        await hands.type('Checked against the tube and the history.');
      }
      await hands.press('Enter');
      await dialog.waitFor({ state: 'detached' });
      return false;
    },
    120_000,
  );
}

/** Calls every critical value: who was told, and that it was read back. */
export async function call(hands: Hands, demo: Demo): Promise<number> {
  let calls = 0;
  await hands.screen('7', 'Tasks');
  await until(
    'all critical calls recorded',
    async () => {
      const open = await ask<{ total?: number }>(demo, 'Task?status=requested&code=criticalCall&_count=1');
      if ((open.total ?? 0) === 0) return true;
      await hands.press('F10');
      const dialog = hands.dialog();
      await dialog.waitFor();
      await dialog.getByRole('textbox').first().focus();
      await hands.type('Ward, Sr Kelly');
      await dialog.getByRole('checkbox').first().check();
      await hands.press('Enter');
      await dialog.waitFor({ state: 'detached' });
      calls += 1;
      return false;
    },
    120_000,
  );
  return calls;
}

/** Signs every waiting report, each with the PIN. */
export async function signAll(hands: Hands, demo: Demo): Promise<number> {
  let signed = 0;
  await hands.screen('5', 'Sign-out');
  const counted = async () =>
    (await ask<{ total?: number }>(demo, 'DiagnosticReport?status=final&_count=1')).total ?? 0;
  const box = hands.page.getByRole('form', { name: 'Signature' });
  while ((await box.count()) > 0) {
    const before = await counted();
    await box.locator('input[type=password]').focus();
    await hands.type(DEMO_PIN);
    await hands.press('Enter');
    await until('the report signed', async () => (await counted()) > before);
    signed += 1;
    await hands.page.waitForTimeout(300);
  }
  return signed;
}

export const people = { technician: staff.technician, pathologist: staff.pathologist };
